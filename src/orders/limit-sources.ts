import type { ComponentConfig } from '../config/types.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { toBaseUnits } from '../lib/units.ts';

/** Where a limit may come from, most binding first. An options source is asked for option names, the others for types. */
export interface LimitSources {
  /** Of an options order, and of no other. */
  readonly newOptions: JsonObject;
  readonly options: JsonObject;
  readonly limits: JsonObject;
  readonly attributes: JsonObject;
  readonly planQuotas: JsonObject;
  /** Component types whose limits the order changes. */
  readonly changedLimits?: readonly string[];
}

export interface SourcedLimit {
  readonly value: Json;
  /** What the consumer calls it. */
  readonly source: string;
  /** The name of the option, attribute or component type it stands under. */
  readonly key: string;
  /** What the order asks for and does not get, because this source is more binding. */
  readonly overruled?: { readonly source: string };
}

/**
 * The most binding limit of a component; undefined when no source has one. A limit that is billed by itself
 * (`accounting_type: limit`) is the ceiling of what an option may say.
 */
export function findLimit(component: ComponentConfig, sources: LimitSources): SourcedLimit | undefined {
  const { type } = component;
  const asked = firstOption(sources.newOptions, component, 'the new option');
  const option = asked ?? firstOption(sources.options, component, 'the option');
  const limit = present(sources.limits[type], `the limit "${type}"`, type);
  const isChanged = sources.changedLimits?.includes(type) === true;
  if (option !== undefined && limit !== undefined) {
    const limitBinds = component.accountingType === 'limit' && !isLess(option.value, limit.value, component);
    if (!limitBinds) return isChanged && differs(option, limit, component) ? { ...option, overruled: limit } : option;
    return asked !== undefined && differs(option, limit, component)
      ? { ...limit, key: asked.key, overruled: asked }
      : limit;
  }
  const planQuota = sources.planQuotas[type];
  return (
    option ??
    limit ??
    firstOption(sources.attributes, component, 'the attribute') ??
    // Plans of limit-billed components carry a quota of 0, which means that the plan does not say.
    (Number(planQuota) > 0 ? present(planQuota, `the plan's quota "${type}"`, type) : undefined) ??
    present(component.defaultLimit, `the default limit of "${type}"`, type)
  );
}

/** True when only the plan can still say a limit, so that it is worth a request. */
export function needsPlan(components: readonly ComponentConfig[], sources: Omit<LimitSources, 'planQuotas'>): boolean {
  const known = { ...sources, planQuotas: {} };
  return components.some(
    (component) => component.enforceLimits && findLimit({ ...component, defaultLimit: undefined }, known) === undefined,
  );
}

/** What is no number binds, so that it is refused rather than ignored. */
function isLess(option: Json, limit: Json, { unitFactor }: ComponentConfig): boolean {
  const [a, b] = [toBaseUnits(option, unitFactor), toBaseUnits(limit, unitFactor)];
  return a === undefined || (b !== undefined && a < b);
}

function differs(a: SourcedLimit, b: SourcedLimit, { unitFactor }: ComponentConfig): boolean {
  return toBaseUnits(a.value, unitFactor) !== toBaseUnits(b.value, unitFactor);
}

function firstOption(values: JsonObject, component: ComponentConfig, source: string): SourcedLimit | undefined {
  for (const option of component.options) {
    const found = present(values[option], `${source} "${option}"`, option);
    if (found !== undefined) return found;
  }
  return undefined;
}

function present(value: Json | undefined, source: string, key: string): SourcedLimit | undefined {
  return value === undefined || value === null || value === '' ? undefined : { value, source, key };
}
