import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { OFFERING_CREATE } from './offering-create-syntax.ts';

/** Commands that only hold others. */
export const GROUPS: Readonly<Record<string, string>> = {
  config: 'Write a configuration',
  components: 'Compare and update the components of offerings',
  offering: 'Create offerings',
};

const OFFERING: OptionSpec = {
  name: 'offering',
  placeholder: 'NAME',
  help: 'Only this offering of the configuration',
  complete: 'offering',
};
const EXIT_CODE: OptionSpec = { name: 'exit-code', help: 'Exit with 2 when there are differences' };

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'run',
    summary: 'Run the agent',
    description:
      'Receives orders, makes the backends match them and reports usage, until SIGTERM or SIGINT. SIGHUP reloads the configuration; SIGUSR2 starts a usage report.',
    options: [],
    positionals: [],
    examples: ['agent run', 'agent run -c /etc/waldur-storage-agent/config.yaml'],
    json: false,
  },
  {
    name: 'report',
    summary: 'Report usage once',
    description:
      'Measures what is due and reports it to Waldur. With --dry-run it prints what Waldur has, what would be sent and why, and sends nothing.',
    options: [
      { name: 'dry-run', help: 'Show what would be sent, send nothing' },
      OFFERING,
      { name: 'period', placeholder: 'YYYY-MM', help: 'Report this month instead of the months that are due' },
      EXIT_CODE,
    ],
    positionals: [],
    examples: ['agent report --dry-run', 'agent report --offering s3-prod --period 2026-08'],
    json: true,
  },
  {
    name: 'usage',
    summary: 'Show what a resource used in a month',
    description:
      'Prints what Waldur has for a resource, what was measured, and the samples that this is made of. Sends nothing.',
    options: [OFFERING, { name: 'period', placeholder: 'YYYY-MM', help: 'This month instead of the current one' }],
    positionals: [{ name: 'RESOURCE', help: 'Its UUID, its name or its account' }],
    examples: [
      'agent usage 5ac6ced6a6c14b2c8d0f8b5f3a1e2d4c',
      'agent usage waldur-acme-genomics-07a8565b --period 2026-08',
    ],
    json: true,
  },
  {
    name: 'history',
    summary: 'Show who ordered what and what was done about it',
    description:
      'Reads the journal in the state file: orders with their stages, what was done at the backend and told to Waldur, drift, and the commands of people. With --verify it recomputes the chain of hashes and exits with 1 when an entry was changed or removed.',
    options: [
      OFFERING,
      { name: 'resource', placeholder: 'RESOURCE', help: 'Only this resource: its UUID, its name or its account' },
      { name: 'order', placeholder: 'UUID', help: 'Only this order' },
      { name: 'since', placeholder: 'TIME', help: 'Only what happened since: 2026-08-25, 30m, 12h or 7d' },
      { name: 'limit', placeholder: 'N', help: 'At most so many, the newest; default: 100, all with --since' },
      { name: 'follow', short: 'f', help: 'Go on showing what happens; with --json one document a line' },
      { name: 'verify', help: 'Check that no entry was changed or removed' },
    ],
    positionals: [],
    examples: [
      'agent history --since 12h',
      'agent history --resource waldur-acme-genomics-07a8565b',
      'agent history --verify',
    ],
    json: true,
  },
  {
    name: 'plan',
    summary: 'Show what open orders would do',
    description:
      'Reads the open orders and prints the actions they would cause; with --upkeep also the resources whose account differs from what Waldur says. Applies nothing.',
    options: [OFFERING, { name: 'upkeep', help: 'Also compare every resource with its account' }, EXIT_CODE],
    positionals: [],
    examples: ['agent plan', 'agent plan --json'],
    json: true,
  },
  {
    name: 'orphans',
    summary: 'List accounts whose resource is gone',
    description:
      'Lists the accounts at the backend that carry the stamp of a resource that ended or that Waldur does not know any more. With --delete they are deleted after a question; an account that holds data only where on_terminate is purge.',
    options: [
      OFFERING,
      { name: 'delete', help: 'Delete them, after a question' },
      { name: 'yes', short: 'y', help: 'Delete without a question' },
      { ...EXIT_CODE, help: 'Exit with 2 when there are orphans' },
    ],
    positionals: [],
    examples: ['agent orphans', 'agent orphans --offering s3-prod --delete'],
    json: true,
  },
  {
    name: 'validate',
    summary: 'Check the configuration file',
    description: 'Reads the configuration and the secrets it refers to, and reports all problems at once. No network.',
    options: [],
    positionals: [],
    examples: ['agent validate', 'agent validate -c new.yaml'],
    json: true,
  },
  {
    name: 'config init',
    summary: 'Write a configuration file',
    description:
      'Writes a valid configuration with one offering. What the options leave open is asked for; secrets become references to files beside it. An existing file is never replaced.',
    options: [
      {
        name: 'output',
        short: 'o',
        placeholder: 'FILE',
        help: 'File to write; default: config.yaml',
        complete: 'file',
      },
      { name: 'backend', placeholder: 'ID', help: 'Backend type', complete: 'plugin' },
      { name: 'url', placeholder: 'URL', help: 'URL of the Waldur API' },
      { name: 'uuid', placeholder: 'UUID', help: 'The offering in Waldur' },
      { name: 'name', placeholder: 'NAME', help: 'Name in logs and metrics; default: the backend type' },
      { name: 'settings', placeholder: 'KEY=VALUE,...', help: 'Settings of the backend that are not secret' },
    ],
    positionals: [],
    examples: [
      'agent config init',
      'agent config init --backend ironbucket-local --url https://waldur.example.com/api/ --uuid 3fa85f6457174562b3fc2c963f66afa6 --settings storage_path=/srv/s3 -o /etc/waldur-storage-agent/config.yaml',
    ],
    json: false,
  },
  {
    name: 'doctor',
    summary: 'Check everything the agent depends on',
    description:
      'Checks the file, its secrets, Waldur (token, role, offering type, components), the broker and every backend. Each failure comes with a hint.',
    options: [OFFERING],
    positionals: [],
    examples: ['agent doctor', 'agent doctor --offering s3-prod'],
    json: true,
  },
  {
    name: 'components diff',
    summary: 'Compare offering components with Waldur',
    description: 'Shows which components of the configuration are missing or different in Waldur. Changes nothing.',
    options: [OFFERING, EXIT_CODE],
    positionals: [],
    examples: ['agent components diff', 'agent components diff --exit-code'],
    json: true,
  },
  {
    name: 'components push',
    summary: 'Create and update offering components in Waldur',
    description:
      'Creates missing components and updates different ones. Never deletes, and keeps everything the configuration does not say.',
    options: [OFFERING],
    positionals: [],
    examples: ['agent components push --offering s3-prod'],
    json: true,
  },
  OFFERING_CREATE,
  {
    name: 'sandbox',
    summary: 'Run an embedded Waldur to try the agent with',
    description:
      'Starts a Waldur with event broker on loopback, prints tokens, offerings, a configuration and the calls that place orders, and runs until a signal.',
    options: [
      { name: 'port', placeholder: 'PORT', help: 'Port of the API and the broker; default: 8080' },
      {
        name: 'profile',
        placeholder: 'RELEASE',
        help: 'Waldur release to behave like; default: 8.1',
        choices: ['8.1', '8.0', '2024'],
      },
      { name: 'civo', help: 'Run an emulator of Civo object stores, too, and configure the agent for it' },
      {
        name: 'quota',
        help: 'Run four made-up storage hosts (ports 8437 to 8440) and a central side (8436), too, and configure the agent for them',
      },
      {
        name: 'login',
        help: 'Run a login server with alice (a user) and charlie (an operator), too, and configure the page for it',
      },
      {
        name: 'write',
        placeholder: 'DIR',
        help: 'Write a configuration for it, the token and a storage directory into DIR',
        complete: 'file',
      },
    ],
    positionals: [],
    examples: [
      'agent sandbox',
      'agent sandbox --port 8100 --profile 2024',
      'agent sandbox --civo',
      'agent sandbox --quota --login',
      'agent sandbox --write /tmp/trial',
    ],
    json: true,
  },
  {
    name: 'demo',
    summary: 'Show the whole agent at work in a few seconds',
    description:
      'Starts the sandbox and an agent with a local backend on loopback, places orders and shows every step from the order to the usage report.',
    options: [{ name: 'stay', help: 'Keeps the page open at the end, until it is interrupted' }],
    positionals: [],
    examples: ['agent demo', 'agent demo --stay'],
    json: false,
  },
  {
    name: 'schema',
    summary: 'Print the JSON Schema of the configuration',
    description: 'Prints the schema of the configuration file with all backends, for editors and other tools.',
    options: [
      { name: 'plugin', placeholder: 'ID', help: 'Only the settings of this backend', complete: 'plugin' },
      { name: 'man', help: 'Print it as a manual page' },
    ],
    positionals: [],
    examples: ['agent schema > config.schema.json', 'agent schema --man | man -l -'],
    json: true,
  },
  {
    name: 'status',
    summary: 'Show what the running agent can and cannot do',
    description:
      'Asks the agent on this machine and shows, for each offering, whether it is served, what it cannot do, since when, why and what to do about it. Exits with 1 when the agent is not ready.',
    options: [],
    positionals: [],
    examples: ['agent status', 'agent status --json'],
    json: true,
  },
  {
    name: 'healthcheck',
    summary: 'Ask the running agent whether it is ready',
    description: 'Requests /readyz of the agent on this machine: 0 when it is ready, 1 when it is not.',
    options: [],
    positionals: [],
    examples: ['agent healthcheck'],
    json: true,
  },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    description: 'Prints a script that makes the shell complete commands, options and offering names.',
    options: [],
    positionals: [{ name: 'SHELL', help: 'The shell', choices: ['bash', 'zsh', 'fish'] }],
    examples: [
      'agent completion bash > /etc/bash_completion.d/agent',
      'agent completion zsh > /usr/local/share/zsh/site-functions/_agent',
      'agent completion fish > ~/.config/fish/completions/agent.fish',
    ],
    json: false,
  },
  {
    name: 'help',
    summary: 'Show help for a command',
    description: 'Shows help for a command, or the manual page of all of them.',
    options: [{ name: 'man', help: 'Print the manual page' }],
    positionals: [{ name: 'COMMAND', help: 'The command', optional: true, rest: true }],
    examples: ['agent help report', 'agent help --man | man -l -'],
    json: false,
  },
  {
    name: '__complete',
    summary: 'Answer the shell',
    description: 'Prints what the last of the given words could be.',
    options: [],
    positionals: [{ name: 'WORD', help: 'Words of the command line', optional: true, rest: true }],
    examples: [],
    json: false,
    hidden: true,
  },
];
