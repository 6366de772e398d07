import type { JsonObject } from '../../lib/json.ts';
import type { Component, Offering, Plan } from '../model.ts';

/** What is wrong with ordered limits, in the words of the 2024 release. */
export type LimitProblem =
  | { readonly kind: 'types'; readonly text: string }
  | { readonly kind: 'number'; readonly problems: Record<string, string[]> }
  | { readonly kind: 'range'; readonly text: string };

/**
 * The checks of the 2024 release, in its order: known and limit-billed components, whole numbers (as text or number),
 * then the range of the component.
 */
export function limitProblem({ components }: Offering, limits: JsonObject): LimitProblem | undefined {
  const limited = components.filter(({ billingType }) => billingType === 'limit');
  const wrong = Object.keys(limits).filter((type) => !limited.some((component) => component.type === type));
  if (wrong.length > 0) return { kind: 'types', text: `Invalid types: ${wrong.join(', ')}` };
  const fractions = Object.entries(limits).filter(([, amount]) => !Number.isInteger(Number(amount)));
  if (fractions.length > 0) {
    const problems = Object.fromEntries(fractions.map(([type]) => [type, ['A valid integer is required.']]));
    return { kind: 'number', problems };
  }
  const text = limited.map((component) => rangeProblem(component, limits[component.type])).find(Boolean);
  return text === undefined ? undefined : { kind: 'range', text };
}

/** Limits as the server stores them: text has become a number. */
export function asNumbers(limits: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(limits).map(([type, amount]) => [type, Number(amount)]));
}

/** What the limits of an order cost in one period of its plan. */
export function estimate({ components }: Offering, plan: Plan | undefined, limits: JsonObject): number {
  return components.reduce((sum, { type }) => sum + (plan?.prices[type] ?? 0) * Number(limits[type] ?? 0), 0);
}

function rangeProblem({ minValue, maxValue }: Component, amount: unknown): string | undefined {
  if (amount === undefined) return undefined;
  if (maxValue !== null && Number(amount) > maxValue)
    return `The limit ${Number(amount)} value cannot be more than ${maxValue}.`;
  if (minValue !== null && Number(amount) < minValue)
    return `The limit ${Number(amount)} value cannot be less than ${minValue}.`;
  return undefined;
}
