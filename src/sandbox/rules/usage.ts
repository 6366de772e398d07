import type { Component, Plan, ResourceState, Usage } from '../model.ts';
import { samePeriod } from './billing-period.ts';
import { formatCents, parseDecimal } from './decimal.ts';

/** States in which Waldur takes usage. */
export const REPORTING_STATES: readonly ResourceState[] = ['OK', 'Updating', 'Terminating'];

export interface UsageItem {
  readonly type: string;
  readonly cents: bigint;
  readonly description: string;
  readonly recurring: boolean;
}

/** Body of `set_usage`'s items; either the items or the nested error body. */
export function parseUsages(
  value: unknown,
): { readonly items: readonly UsageItem[] } | { readonly problem: Record<string, unknown> } {
  if (value === undefined) return { problem: { usages: ['This field is required.'] } };
  if (!Array.isArray(value)) {
    return { problem: { usages: { non_field_errors: ['Expected a list of items but got type "dict".'] } } };
  }
  const problems = value.map(itemProblem);
  if (problems.some((problem) => Object.keys(problem).length > 0)) return { problem: { usages: problems } };
  return {
    items: value.map((item: Record<string, unknown>) => {
      const amount = parseDecimal(item['amount']);
      return {
        type: String(item['type']),
        cents: 'cents' in amount ? amount.cents : 0n,
        description: typeof item['description'] === 'string' ? item['description'] : '',
        recurring: item['recurring'] === true || item['missing_usage_policy'] === 'reuse',
      };
    }),
  };
}

export interface UsageTarget {
  readonly state: ResourceState;
  readonly plan: Plan | undefined;
  readonly components: readonly Component[];
}

/** What is wrong with a report as a whole; undefined when nothing is. Order of checks as on the server. */
export function usageProblem(
  target: UsageTarget,
  items: readonly UsageItem[],
  when: {
    /** `date` was given. */
    readonly dated: boolean;
    readonly future: boolean;
    readonly pastPeriod: boolean;
    readonly isStaff: boolean;
    readonly mayBackfill: boolean;
  },
): Readonly<Record<string, readonly string[]>> | undefined {
  if (when.future) {
    return { date: ['Cannot submit usage for future dates. Date must be current date or earlier.'] };
  }
  if (target.plan === undefined) return { resource: ['Resource must have a plan to report usage.'] };
  if (!REPORTING_STATES.includes(target.state)) return { resource: ['Resource is not in valid state.'] };
  const reportable = target.components.filter(({ billingType }) => billingType === 'usage' || billingType === 'limit');
  const unknown = items.map(({ type }) => type).filter((type) => !reportable.some((known) => known.type === type));
  if (unknown.length > 0) return { non_field_errors: [`These components are invalid: ${unknown.join(', ')}.`] };
  if (!when.dated || when.isStaff) return undefined;
  if (!when.mayBackfill) return { date: ['Only staff users and service providers can specify date for backfilling.'] };
  const onlyLimits = items.every(({ type }) => reportable.find((c) => c.type === type)?.billingType === 'limit');
  if (!when.pastPeriod || onlyLimits) return undefined;
  return {
    date: [
      'Service providers can only specify date for limit-based billing components when backfilling past billing periods.',
    ],
  };
}

/** The amount check of a capped usage component. The sum includes the record about to be replaced: so does Waldur's. */
export function overLimit(
  component: Component,
  period: string,
  cents: bigint,
  records: readonly Usage[],
): string | undefined {
  if (component.billingType !== 'usage' || component.limitAmount === null) return undefined;
  const stored = records
    .filter((row) => row.component === component && samePeriod(component.limitPeriod, row.billingPeriod, period))
    .reduce((sum, row) => sum + row.cents, 0n);
  const total = stored + cents;
  if (total <= BigInt(component.limitAmount) * 100n) return undefined;
  return `Total amount exceeds limit. Total amount: ${formatCents(total)}, limit: ${component.limitAmount}.`;
}

function itemProblem(item: unknown): Record<string, string[]> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] };
  }
  const { type, amount } = item as { type?: unknown; amount?: unknown };
  const problems: Record<string, string[]> = {};
  if (typeof type !== 'string') problems['type'] = ['This field is required.'];
  if (amount === undefined) problems['amount'] = ['This field is required.'];
  else {
    const parsed = parseDecimal(amount);
    if ('problem' in parsed) problems['amount'] = [parsed.problem];
  }
  return problems;
}
