import { Ajv } from 'ajv';
import { type JsonSchema, type NamingRules, PLUGIN_API_VERSION, type Plugin } from './contract.ts';
import { addFormats } from './formats.ts';
import { namingProblem } from './naming.ts';

/**
 * Keywords of ours: a value that must come from a reference, one a reload cannot change, one that is accepted and does nothing, and what a
 * pattern means.
 */
const KEYWORDS = ['x-secret', 'x-restart', 'x-ignored', 'x-expected', 'x-changeable'];

/** Settings the core adds to those of every plugin. */
export const COMMON_SETTINGS: readonly string[] = ['on_terminate', 'metering', 'credentials'];

/** The validator that settings schemas are written for. Strict: an unknown keyword is an error. */
export function settingsValidator(): Ajv {
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true, useDefaults: true });
  ajv.addVocabulary(KEYWORDS);
  addFormats(ajv);
  return ajv;
}

/** Everything that is wrong with what a package exports as its plugin; empty when it can be used. */
export function pluginProblems(value: unknown): readonly string[] {
  if (!isRecord(value)) return ['it exports no object named "plugin"'];
  const plugin = value as Partial<Plugin>;
  if (plugin.apiVersion !== PLUGIN_API_VERSION) {
    return [`it is made for API version ${String(plugin.apiVersion)}, not ${PLUGIN_API_VERSION}`];
  }
  const problems = [
    typeof plugin.id === 'string' && /^[a-z][a-z0-9_-]{0,40}$/.test(plugin.id)
      ? undefined
      : '"id" is not a short lower-case name',
    typeof plugin.summary === 'string' ? undefined : '"summary" is not a text',
    isNames(plugin.aliases ?? []) ? undefined : '"aliases" is not a list of names',
    isRecord(plugin.components) ? undefined : '"components" is not an object',
    plugin.keys === 0 || plugin.keys === 1 || plugin.keys === 2 ? undefined : '"keys" is not 0, 1 or 2',
    isNames(plugin.metering) && plugin.metering.length > 0 ? undefined : '"metering" is not a list',
    isRecord(plugin.offering) ? undefined : '"offering" is not an object',
    isGauges(plugin.gauges ?? {}) ? undefined : '"gauges" is not an object of lower-case names and texts',
    typeof plugin.create === 'function' ? undefined : '"create" is not a function',
    ['function', 'undefined'].includes(typeof plugin.problems) ? undefined : '"problems" is not a function',
    schemaProblem(plugin.settings),
  ].filter((problem) => problem !== undefined);
  return problems.length > 0 ? problems : rulesProblems(plugin as Plugin);
}

/** Names become part of the name of a metric; `_total` is for counters. */
function isGauges(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(
    ([name, help]) => /^[a-z][a-z0-9_]{0,40}$/.test(name) && !name.endsWith('_total') && typeof help === 'string',
  );
}

function schemaProblem(schema: unknown): string | undefined {
  if (!isRecord(schema) || schema['type'] !== 'object' || schema['additionalProperties'] !== false) {
    return '"settings" is not an object schema with "additionalProperties": false';
  }
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const common = COMMON_SETTINGS.find((name) => name in properties);
  if (common !== undefined) return `"settings" must not have "${common}": every plugin gets it`;
  try {
    settingsValidator().compile(schema);
    return undefined;
  } catch (error) {
    return `"settings" is not a valid schema: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Names must be right without any configuration, so whatever `naming` reads needs a default. */
function rulesProblems(plugin: Plugin): readonly string[] {
  let rules: NamingRules;
  try {
    rules = plugin.naming(defaultsOf(plugin.settings));
  } catch (error) {
    return [`"naming" fails with default settings: ${error instanceof Error ? error.message : String(error)}`];
  }
  const problem = isRecord(rules) ? namingProblem(rules) : '"naming" returns no rules';
  return problem === undefined ? [] : [problem];
}

function defaultsOf(schema: JsonSchema): Record<string, unknown> {
  const settings = {};
  settingsValidator().compile(schema)(settings);
  return settings;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
