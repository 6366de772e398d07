import type { JsonObject } from '../lib/json.ts';
import type { Plugin } from '../plugin/contract.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawComponent } from './raw.ts';
import { PUBLISHED_IN_COMPONENT } from './reference-keys.ts';
import { suggest } from './suggest.ts';
import type { ComponentConfig } from './types.ts';

export interface BuiltComponents {
  readonly components: readonly ComponentConfig[];
  readonly problems: readonly Problem[];
}

/** `path` is the pointer of `backend_components`. */
export function buildComponents(
  raw: Readonly<Record<string, RawComponent>>,
  plugin: Plugin,
  path: string,
): BuiltComponents {
  const components = Object.entries(raw).map(([type, component]) => build(type, component));
  const problems = Object.entries(raw).flatMap(([type, component]) =>
    check(type, component, plugin, pointer(path, type)),
  );
  const limiting = new Map<string, string>();
  for (const { type, backendName, enforceLimits } of components) {
    if (!enforceLimits) continue;
    const other = limiting.get(backendName);
    limiting.set(backendName, type);
    if (other === undefined) continue;
    const message = `"${type}" and "${other}" both limit "${backendName}" of the backend`;
    problems.push({ severity: 'error', path: pointer(path, type), atKey: true, message, hint: ONE_LIMIT });
  }
  return { components, problems };
}

const ONE_LIMIT = 'set enforce_limits: false for one of them';

function build(type: string, raw: RawComponent): ComponentConfig {
  const backendName = raw.backend_name ?? type;
  return {
    type,
    backendName,
    unitFactor: raw.unit_factor ?? 1,
    accountingType: raw.accounting_type,
    enforceLimits: raw.enforce_limits ?? raw.accounting_type === 'limit',
    measuredUnit: raw.measured_unit,
    label: raw.label,
    defaultLimit: raw.limit ?? raw.default_limit,
    minLimit: raw.min_value,
    maxLimit: raw.max_value,
    options: raw.options ?? DEFAULT_OPTIONS[backendName] ?? [`${type}_limit`],
    published: Object.fromEntries(
      Object.keys(PUBLISHED_IN_COMPONENT)
        .filter((key) => raw[key] !== undefined)
        .map((key) => [key, raw[key]]),
    ) as JsonObject,
  };
}

const DEFAULT_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  storage: ['storage_limit', 'max_storage_limit'],
  objects: ['object_limit', 'max_object_limit'],
};

/** Below this, a factor from a unit people buy to bytes is a mistake. */
const SMALLEST_BYTE_FACTOR = 1000;

function check(type: string, raw: RawComponent, plugin: Plugin, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  const refuse = (key: string, message: string, hint?: string): void => {
    problems.push({ severity: 'error', path: pointer(path, key), message, hint });
  };
  const name = raw.backend_name ?? type;
  const measure = Object.hasOwn(plugin.components, name) ? plugin.components[name] : undefined;
  const known = Object.keys(plugin.components);
  if (measure === undefined) {
    const meant = suggest(name, known);
    const hint = meant === undefined ? 'set backend_name' : `did you mean backend_name: ${meant}?`;
    refuse('backend_name', `${plugin.id} has no component "${name}"; it has ${known.join(' and ')}`, hint);
    return problems;
  }
  if (measure.unit === 'bytes' && (raw.unit_factor ?? 1) < SMALLEST_BYTE_FACTOR) {
    const stated = raw.unit_factor === undefined ? 'has no unit_factor' : `has unit_factor ${raw.unit_factor}`;
    const hint = 'unit_factor: 1073741824 for GiB, 1000000000 for GB';
    refuse('unit_factor', `"${type}" is counted in bytes and ${stated}: gigabytes would become bytes`, hint);
  }
  if (raw.unit_factor_reporting !== undefined && raw.unit_factor_reporting !== raw.unit_factor) {
    refuse('unit_factor_reporting', `usage of "${type}" would be reported in another unit than it is limited in`);
  }
  if (raw.enforce_limits === true && !measure.limit) {
    refuse('enforce_limits', `${plugin.id} cannot limit "${name}"`, 'set enforce_limits: false');
  }
  if (raw.accounting_type === 'limit' && raw.enforce_limits === undefined && !measure.limit) {
    refuse('accounting_type', `${plugin.id} cannot limit "${name}"`, 'use accounting_type: usage');
  }
  if (raw.accounting_type === 'usage' && !measure.usage) {
    refuse('accounting_type', `${plugin.id} cannot measure "${name}"`, 'use accounting_type: limit');
  }
  const limit = raw.limit ?? raw.default_limit;
  const [min, max] = [raw.min_value ?? 0, raw.max_value ?? Number.POSITIVE_INFINITY];
  if (min > max) refuse('min_value', `min_value ${min} of "${type}" is more than max_value ${max}`);
  else if (limit !== undefined && (limit < min || limit > max)) {
    refuse('limit', `limit ${limit} of "${type}" is not between min_value and max_value`);
  }
  return problems;
}
