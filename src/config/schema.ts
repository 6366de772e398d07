import type { JsonSchema, Plugin } from '../plugin/contract.ts';
import { meterings } from './check-metering.ts';
import { AGENT, COMPONENT, OFFERING } from './core-schema.ts';
import { IGNORED_IN_SETTINGS, ignoredProperties } from './reference-keys.ts';

/** Words of ours in the schema. Editors ignore them. */
export const KEYWORDS = ['x-secret', 'x-ignored', 'x-expected', 'x-restart'] as const;

/** What the schema says about a plugin whose settings are not in it. */
type PluginName = Pick<Plugin, 'id' | 'aliases' | 'summary'>;

/**
 * The whole configuration as JSON Schema draft-07: what is validated with, published, and shown in editors. It holds the
 * settings of `plugins`, and the names of all that are `known`.
 */
export function composeSchema(plugins: readonly Plugin[], known: readonly PluginName[] = plugins): JsonSchema {
  const [used, names] = [sorted(plugins), sorted(known)];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Waldur Storage Agent',
    type: 'object',
    required: ['offerings'],
    additionalProperties: false,
    properties: AGENT,
    definitions: { offering: offering(names, used), component: COMPONENT },
  };
}

function sorted<Named extends PluginName>(plugins: readonly Named[]): readonly Named[] {
  return [...plugins].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The text of `config/config.schema.json`. */
export function renderSchema(plugins: readonly Plugin[]): string {
  return `${JSON.stringify(composeSchema(plugins), null, 2)}\n`;
}

/** `backend_type` in the spelling that ids are compared in. */
export function normalId(id: string): string {
  return id.trim().toLowerCase().replaceAll('_', '-');
}

// oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema, not a promise
const THEN = 'then';

function offering(known: readonly PluginName[], used: readonly Plugin[]): JsonSchema {
  const spellings = known.flatMap(spellingsOf);
  return {
    type: 'object',
    required: ['name', 'waldur_api_url', 'waldur_offering_uuid', 'backend_type'],
    additionalProperties: false,
    properties: {
      ...OFFERING,
      backend_type: {
        enum: spellings,
        'x-expected': `one of ${known.map(({ id }) => id).join(', ')}`,
        description: known.map(({ id, summary }) => `${id}: ${summary}`).join('\n'),
      },
    },
    allOf: used.map((plugin) => ({
      if: { properties: { backend_type: { enum: spellingsOf(plugin) } }, required: ['backend_type'] },
      [THEN]: { properties: { backend_settings: settings(plugin) } },
    })),
  };
}

/** First the id: what every other spelling is replaced by before validation. */
function spellingsOf(plugin: PluginName): readonly string[] {
  const ids = [plugin.id, ...(plugin.aliases ?? [])];
  return [...new Set(ids.flatMap((id) => [id, id.replaceAll('-', '_'), id.replaceAll('_', '-')]))];
}

function meteringText(plugin: Plugin): string {
  const sampled = meterings(plugin).filter((metering) => !plugin.metering.includes(metering));
  const needs = sampled.length === 0 ? '' : ` ${sampled.join(' and ')} of this backend are sampled and need \`state\`.`;
  return `What is reported as usage: the bytes now, GB days of the month, or its peak.${needs}`;
}

function settings(plugin: Plugin): JsonSchema {
  const common: Record<string, JsonSchema> = {
    on_terminate: {
      enum: ['refuse', 'suspend', 'purge'],
      default: 'refuse',
      description: 'What a terminate order does to an account that still holds data.',
    },
    metering: {
      enum: meterings(plugin),
      default: plugin.metering[0] ?? 'current',
      description: meteringText(plugin),
    },
    credentials: {
      enum: ['metadata', 'api_keys'],
      default: 'metadata',
      description:
        "Where consumers find their keys: in the metadata of the resource, or in Waldur's encrypted API keys.",
    },
  };
  const own = plugin.settings['properties'] as Readonly<Record<string, JsonSchema>> | undefined;
  return { ...plugin.settings, properties: { ...ignoredProperties(IGNORED_IN_SETTINGS), ...own, ...common } };
}
