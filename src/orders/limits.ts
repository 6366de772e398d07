import type { ComponentConfig } from '../config/types.ts';
import { AgentError, isAgentError } from '../lib/errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { toAmount, toBaseUnits } from '../lib/units.ts';
import type { BackendComponent, Quota } from '../plugin/contract.ts';
import { keptLimit, LARGEST_LIMIT } from '../plugin/limit-rules.ts';
import { findLimit, type LimitSources, type SourcedLimit } from './limit-sources.ts';
import type { Problem } from './problem.ts';

export interface OrderedLimits {
  /** In base units, as the backend can keep them. A dimension that was not ordered is missing. */
  readonly quota: Partial<Quota>;
  /** What cannot be meant or enforced; the other components are in `quota` all the same. */
  readonly problems: readonly Problem[];
  /** Sentences for the consumer about limits that were rounded up. */
  readonly rounded: readonly string[];
}

/**
 * The limits that were ordered: for every component that enforces limits, the first source that has one. Precedence and
 * the meaning of 0: src/waldur/README.md, "Limits".
 */
export function orderedLimits(
  components: readonly ComponentConfig[],
  backend: Readonly<Record<string, BackendComponent>>,
  sources: LimitSources,
): OrderedLimits {
  const quota: { bytes?: bigint; objects?: bigint } = {};
  const problems: Problem[] = unknownLimits(components, sources.limits);
  const rounded: string[] = [];
  for (const component of components) {
    if (!component.enforceLimits) continue;
    const found = findLimit(component, sources);
    try {
      const limit = found === undefined ? requireNone(component) : read(component, backend, found, rounded);
      if (limit !== undefined) quota[limit.unit] = limit.value;
    } catch (error) {
      if (!isAgentError(error)) throw error;
      problems.push({ aspect: 'limits', key: found?.key ?? component.type, error });
    }
  }
  return { quota, problems, rounded };
}

function requireNone(component: ComponentConfig): undefined {
  if (component.accountingType !== 'limit') return undefined;
  throw refusal('ORDER_LIMIT_MISSING', `The order says no limit for ${name(component)}.`);
}

function read(
  component: ComponentConfig,
  backend: Readonly<Record<string, BackendComponent>>,
  found: SourcedLimit,
  rounded: string[],
): { readonly unit: BackendComponent['unit']; readonly value: bigint } {
  const ability = backend[component.backendName];
  if (ability === undefined || ability.limit === false) {
    const message = `This storage cannot limit ${name(component)}, but ${found.source} asks for it.`;
    throw refusal('ORDER_LIMIT_UNSUPPORTED', message);
  }
  const asked = readAmount(component, found);
  if (found.overruled !== undefined) throw overruled(component, found);
  const kept = keptLimit(asked, ability.limit);
  if (kept === null || kept === undefined) {
    throw refusal(
      'ORDER_LIMIT_INVALID',
      `${capital(found.source)} is ${shown(found)}, which this storage cannot keep.`,
    );
  }
  const [before, after] = [toAmount(asked, component.unitFactor), toAmount(kept, component.unitFactor)];
  if (before !== after) {
    const unit = component.measuredUnit === undefined ? '' : ` ${component.measuredUnit}`;
    rounded.push(`${capital(name(component))} is rounded up from ${plain(before)} to ${plain(after)}${unit}.`);
  }
  return { unit: ability.unit, value: kept };
}

function readAmount(component: ComponentConfig, found: SourcedLimit): bigint {
  const { source, value } = found;
  const base = toBaseUnits(value, component.unitFactor);
  const invalid = (what: string): AgentError =>
    refusal('ORDER_LIMIT_INVALID', `${capital(source)} is ${shown(found)}${what}.`);
  if (base === undefined) throw invalid(', which is not a number');
  if (base <= 0n) throw invalid('; it must be more than nothing');
  const amount = Number(value);
  const { minLimit, maxLimit } = component;
  if (minLimit !== undefined && amount < minLimit) throw invalid(`; the least that can be ordered is ${minLimit}`);
  if (base > LARGEST_LIMIT || (maxLimit !== undefined && amount > maxLimit)) {
    throw invalid(
      `, which is too much${maxLimit === undefined ? '' : `; the most that can be ordered is ${maxLimit}`}`,
    );
  }
  return base;
}

/** What the order asks for would have no effect, and would be billed or shown all the same. */
function overruled(component: ComponentConfig, { source, value, overruled }: SourcedLimit): AgentError {
  const message = `${capital(overruled?.source ?? '')} for ${name(component)} would have no effect: ${source} keeps it at ${JSON.stringify(value)}.`;
  return new AgentError(message, {
    code: 'ORDER_LIMIT_OVERRULED',
    disposition: 'terminal',
    hint: `Change ${source} instead, or first.`,
  });
}

/** A limit that is sold and not enforced would be a false promise, so an ordered component we do not know is a problem. */
function unknownLimits(components: readonly ComponentConfig[], limits: JsonObject): Problem[] {
  const known = new Set(components.map((component) => component.type));
  const unknown = Object.keys(limits).filter((type) => !known.has(type) && limits[type] !== null);
  const [first] = unknown;
  if (first === undefined) return [];
  const names = unknown.slice(0, 5).map((type) => JSON.stringify(type.slice(0, 50)));
  const message = `The order limits ${names.join(', ')}, which this storage does not offer.`;
  return [{ aspect: 'limits', key: first, error: refusal('ORDER_COMPONENT_UNKNOWN', message) }];
}

function name(component: ComponentConfig): string {
  return component.label ?? component.type;
}

function shown({ value }: { readonly value: Json }): string | undefined {
  return JSON.stringify(value)?.slice(0, 40);
}

function plain(amount: string): string {
  return amount.replace(/\.?0+$/, '');
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
