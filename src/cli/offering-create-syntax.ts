import type { CommandSyntax } from '../plugin/command.ts';

export const OFFERING_CREATE = {
  name: 'offering create',
  summary: 'Create a matching offering in Waldur',
  description:
    'Creates an offering with the components, plan and order form of a backend, prints the block for the configuration, and asks before it puts the offering on sale. Run again, it goes on with the draft it finds. Where only staff may activate offerings, a draft is how it ends. The server comes from WALDUR_API_URL and WALDUR_API_TOKEN, or from an offering of the configuration.',
  options: [
    { name: 'name', placeholder: 'NAME', help: 'Name of the new offering', required: true },
    { name: 'customer', placeholder: 'ORGANISATION', help: 'Provider: name, slug or UUID', required: true },
    { name: 'category', placeholder: 'TITLE', help: 'Category of the marketplace', required: true },
    {
      name: 'backend',
      placeholder: 'ID',
      help: 'Backend type; default: that of the offering in the configuration',
      complete: 'plugin',
    },
    {
      name: 'like',
      placeholder: 'NAME',
      help: 'Take server and backend from this offering of the configuration',
      complete: 'offering',
    },
    { name: 'plan', placeholder: 'NAME', help: 'Name of its plan; default: Standard' },
    { name: 'price', placeholder: 'LIST', help: 'component=amount,…; default: examples of the backend' },
    { name: 'draft', help: 'Leave it a draft' },
    { name: 'yes', help: 'Put it on sale without asking' },
    { name: 'dry-run', help: 'Show the request, send nothing' },
  ],
  positionals: [],
  examples: [
    'agent offering create --backend croit-s3 --name "S3 storage" --customer acme --category Storage --dry-run',
  ],
  json: true,
} as const satisfies CommandSyntax & { readonly json: boolean };
