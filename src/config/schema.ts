import type { JsonSchema, Metering, Plugin } from '../plugin/contract.ts';
import { AGENT, COMPONENT, OFFERING } from './core-schema.ts';
import { IGNORED_IN_SETTINGS, ignoredProperties } from './reference-keys.ts';

/** Words of ours in the schema. Editors ignore them. */
export const KEYWORDS = ['x-secret', 'x-ignored', 'x-expected', 'x-restart'] as const;

/**
 * The whole configuration as JSON Schema draft-07: what is validated with, published, and shown in editors.
 *
 * @param used has settings; a file that names no other plugins means the same without theirs
 */
export function composeSchema(plugins: readonly Plugin[], used = plugins): JsonSchema {
  const sorted = [...plugins].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Waldur Storage Agent',
    type: 'object',
    required: ['offerings'],
    additionalProperties: false,
    properties: AGENT,
    definitions: { offering: offering(sorted, used), component: COMPONENT },
  };
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

function offering(plugins: readonly Plugin[], used: readonly Plugin[]): JsonSchema {
  const spellings = plugins.flatMap(spellingsOf);
  return {
    type: 'object',
    required: ['name', 'waldur_api_url', 'waldur_offering_uuid', 'backend_type'],
    additionalProperties: false,
    properties: {
      ...OFFERING,
      backend_type: {
        enum: spellings,
        'x-expected': `one of ${plugins.map(({ id }) => id).join(', ')}`,
        description: plugins.map(({ id, summary }) => `${id}: ${summary}`).join('\n'),
      },
    },
    allOf: plugins
      .filter((plugin) => used.includes(plugin))
      .map((plugin) => ({
        if: { properties: { backend_type: { enum: spellingsOf(plugin) } }, required: ['backend_type'] },
        [THEN]: { properties: { backend_settings: settings(plugin) } },
      })),
  };
}

/** Whether `name` is a spelling of the plugin. */
export function isSpellingOf(plugin: Plugin, name: string): boolean {
  return spellingsOf(plugin).some((spelling) => normalId(spelling) === normalId(name));
}

/** First the id: what every other spelling is replaced by before validation. */
function spellingsOf(plugin: Plugin): readonly string[] {
  const ids = [plugin.id, ...(plugin.aliases ?? [])];
  return [...new Set(ids.flatMap((id) => [id, id.replaceAll('-', '_'), id.replaceAll('_', '-')]))];
}

/** What a backend measures itself, and what can be made of samples of what is stored now. */
function meterings(plugin: Plugin): readonly Metering[] {
  const sampled: readonly Metering[] = plugin.metering.includes('current') ? ['current', 'gb_days', 'peak'] : [];
  return [...new Set([...plugin.metering, ...sampled])];
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
