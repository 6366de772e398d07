import { plugin as croit } from '../../plugins/croit-s3/index.ts';
import { type JsonSchema, PLUGIN_API_VERSION, type Plugin } from '../../src/plugin/contract.ts';

const PLUGIN: Plugin = {
  apiVersion: PLUGIN_API_VERSION,
  id: 'stub',
  summary: 'a backend for tests',
  settings: { type: 'object', additionalProperties: false, properties: {} },
  components: {
    storage: { unit: 'bytes', limit: {}, usage: true },
    objects: { unit: 'objects', limit: {}, usage: true },
  },
  metering: ['current'],
  keys: 1,
  offering: { components: [], options: {}, resource_options: {}, plugin_options: {} },
  naming: () => ({ prefix: 'w_', separator: '_', filler: '_', maxLength: 64 }),
  create: () => {
    throw new Error('a stub is never created');
  },
};

function withSettings(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', additionalProperties: false, required, properties };
}

export { croit };

/** A directory on this machine; it can measure objects but not limit them. */
export const local: Plugin = {
  ...PLUGIN,
  id: 'local-disk',
  aliases: ['disk'],
  summary: 'directories',
  components: {
    storage: { unit: 'bytes', limit: {}, usage: true },
    objects: { unit: 'objects', limit: false, usage: true },
    inodes: { unit: 'objects', limit: {}, usage: false },
  },
  settings: withSettings({ path: { type: 'string', pattern: '^/', 'x-expected': 'an absolute path' } }, ['path']),
};

/** Stand-ins for the backends in the examples of the reference agent: any settings, their components. */
export function foreign(id: string, ...components: readonly string[]): Plugin {
  return {
    ...PLUGIN,
    id,
    settings: { type: 'object', properties: {} },
    components: Object.fromEntries(components.map((name) => [name, { unit: 'objects', limit: {}, usage: true }])),
  };
}

export const plugins: readonly Plugin[] = [croit, local];
