import type { ComponentConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { toBaseUnits } from '../lib/units.ts';
import type { BackendComponent, Quota } from '../plugin/contract.ts';

/** Where a limit may come from, most binding first. An options source is asked for option names, the others for types. */
export interface LimitSources {
  readonly newOptions: JsonObject;
  readonly options: JsonObject;
  readonly limits: JsonObject;
  readonly attributes: JsonObject;
  readonly planQuotas: JsonObject;
}

/** Larger numbers are somebody's way of saying "unlimited", and backends turn them into exactly that. */
const LARGEST = 2n ** 62n;

interface Found {
  readonly value: Json;
  /** What the consumer calls it. */
  readonly source: string;
}

/**
 * The quota that was ordered, in base units: for every component that enforces limits, the first source that has one.
 * A dimension nobody ordered is missing. Precedence and the meaning of 0: waldur-semantics 4.1.
 *
 * @throws AgentError terminal `ORDER_*`, with a text for the consumer, for limits that cannot be meant or enforced.
 */
export function orderedQuota(
  components: readonly ComponentConfig[],
  backend: Readonly<Record<string, BackendComponent>>,
  sources: LimitSources,
): Partial<Quota> {
  refuseUnknown(components, sources.limits);
  const quota: { bytes?: bigint; objects?: bigint } = {};
  for (const component of components) {
    if (!component.enforceLimits) continue;
    const found = findLimit(component, sources);
    const ability = backend[component.backendName];
    if (found === undefined) {
      if (component.accountingType === 'limit')
        throw refusal('ORDER_LIMIT_MISSING', `The order says no limit for ${name(component)}.`);
      continue;
    }
    if (ability === undefined || !ability.limit) {
      throw refusal(
        'ORDER_LIMIT_UNSUPPORTED',
        `This storage cannot limit ${name(component)}, but ${found.source} asks for it.`,
      );
    }
    quota[ability.unit] = readLimit(component, found);
  }
  return quota;
}

/** True when only the plan can still say a limit, so that it is worth a request. */
export function needsPlan(components: readonly ComponentConfig[], sources: Omit<LimitSources, 'planQuotas'>): boolean {
  const known = { ...sources, planQuotas: {} };
  return components.some(
    (component) => component.enforceLimits && findLimit({ ...component, defaultLimit: undefined }, known) === undefined,
  );
}

function findLimit(component: ComponentConfig, sources: LimitSources): Found | undefined {
  const planQuota = sources.planQuotas[component.type];
  return (
    firstOption(sources.newOptions, component, 'the new option') ??
    firstOption(sources.options, component, 'the option') ??
    present(sources.limits[component.type], `the limit "${component.type}"`) ??
    firstOption(sources.attributes, component, 'the attribute') ??
    // Plans of limit-billed components carry a quota of 0, which means that the plan does not say.
    (Number(planQuota) > 0 ? present(planQuota, `the plan's quota "${component.type}"`) : undefined) ??
    present(component.defaultLimit, `the default limit of "${component.type}"`)
  );
}

function firstOption(values: JsonObject, component: ComponentConfig, source: string): Found | undefined {
  for (const option of component.options) {
    const found = present(values[option], `${source} "${option}"`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function present(value: Json | undefined, source: string): Found | undefined {
  return value === undefined || value === null || value === '' ? undefined : { value, source };
}

function readLimit(component: ComponentConfig, { value, source }: Found): bigint {
  const shown = JSON.stringify(value)?.slice(0, 40);
  const base = toBaseUnits(value, component.unitFactor);
  if (base === undefined)
    throw refusal('ORDER_LIMIT_INVALID', `${capital(source)} is ${shown}, which is not a number.`);
  if (base <= 0n) throw refusal('ORDER_LIMIT_INVALID', `${capital(source)} is ${shown}; it must be more than nothing.`);
  const amount = Number(value);
  const { minLimit, maxLimit } = component;
  if (minLimit !== undefined && amount < minLimit) {
    throw refusal(
      'ORDER_LIMIT_INVALID',
      `${capital(source)} is ${shown}; the least that can be ordered is ${minLimit}.`,
    );
  }
  if (base > LARGEST || (maxLimit !== undefined && amount > maxLimit)) {
    const most = maxLimit === undefined ? '' : `; the most that can be ordered is ${maxLimit}`;
    throw refusal('ORDER_LIMIT_INVALID', `${capital(source)} is ${shown}, which is too much${most}.`);
  }
  return base;
}

/** Selling a limit nobody enforces would be a lie, so an ordered component we do not know fails the order. */
function refuseUnknown(components: readonly ComponentConfig[], limits: JsonObject): void {
  const known = new Set(components.map((component) => component.type));
  const unknown = Object.keys(limits).filter((type) => !known.has(type) && limits[type] !== null);
  if (unknown.length === 0) return;
  const names = unknown.slice(0, 5).map((type) => JSON.stringify(type.slice(0, 50)));
  throw refusal('ORDER_COMPONENT_UNKNOWN', `The order limits ${names.join(', ')}, which this storage does not offer.`);
}

function name(component: ComponentConfig): string {
  return component.label ?? component.type;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function refusal(code: string, message: string): AgentError {
  return new AgentError(message, {
    code,
    disposition: 'terminal',
    hint: 'Place the order again with a limit that can be met.',
  });
}
