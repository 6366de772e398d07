import type { ComponentConfig, OfferingConfig } from '../config/types.ts';
import { toAmount, toCents } from '../lib/units.ts';
import type { Metering, Usage } from '../plugin/contract.ts';
import type { MeteredResource, UsageReport } from '../waldur/types.ts';

/** Why a component of a resource is sent or not. */
export type LineStatus =
  /** Waldur has no record of this month. */
  | 'new'
  | 'changed'
  | 'unchanged'
  /** Less than Waldur has, or several records to choose from: a person should look first. */
  | 'guarded'
  /** The backend did not say: never sent as zero. */
  | 'unreadable'
  /** More than Waldur has, for a month in which Waldur takes no more usage of this component: it is not billed. */
  | 'lost';

export interface Line {
  readonly resource: string;
  readonly name: string;
  readonly account: string;
  readonly component: string;
  readonly unit: string | undefined;
  /** What Waldur has and what would be sent, with two decimals. */
  readonly recorded: string | undefined;
  readonly measured: string | undefined;
  readonly status: LineStatus;
}

/** What Waldur has for one component, resource and month. */
export interface Recorded {
  readonly cents: bigint;
  readonly isAmbiguous: boolean;
}

export interface Built {
  readonly lines: readonly Line[];
  /** Undefined when nothing is new. */
  readonly report: UsageReport | undefined;
}

/** A component whose usage Waldur bills by usage or by limit: one of another kind makes it refuse a whole report. */
export interface ReportedComponent extends ComponentConfig {
  /** Waldur takes usage of it for the month of the report. */
  readonly isOpen: boolean;
}

/** One resource's report: rounded once, compared, guarded per component, and only what is new in it. */
export function buildReport(input: {
  readonly offering: Pick<OfferingConfig, 'allowDecrease' | 'metering'>;
  readonly components: readonly ReportedComponent[];
  readonly resource: Pick<MeteredResource, 'uuid' | 'name' | 'backendId'>;
  readonly usage: Usage | undefined;
  readonly recorded: ReadonlyMap<string, Recorded>;
  readonly date: string | undefined;
}): Built {
  const lines = input.components.map((component) => line(input, component));
  const usages = lines
    .filter(({ status }) => status === 'new' || status === 'changed')
    .map(({ component, measured = '' }) => ({ type: component, amount: measured }));
  if (usages.length === 0) return { lines, report: undefined };
  const date = input.date === undefined ? {} : { date: input.date };
  return { lines, report: { resource: input.resource.uuid, ...date, usages } };
}

/** A quantity of the backend as the amount that Waldur gets. Quantities of `gb_days` count seconds and are sold in days. */
export function amountOf(quantity: bigint, component: ComponentConfig, metering: Metering): string {
  return toAmount(quantity, component.unitFactor, metering === 'gb_days' ? 86_400n : 1n);
}

function line(input: Parameters<typeof buildReport>[0], component: ReportedComponent): Line {
  const { resource, offering } = input;
  const recorded = input.recorded.get(component.type);
  const quantity = input.usage?.quantities[component.backendName];
  const measured = quantity === undefined ? undefined : amountOf(quantity, component, offering.metering);
  return {
    resource: resource.uuid,
    name: resource.name,
    account: resource.backendId,
    component: component.type,
    unit: component.measuredUnit,
    recorded: recorded === undefined ? undefined : toAmount(recorded.cents, 100),
    measured,
    status: component.isOpen ? compare(recorded, measured, offering.allowDecrease) : compareClosed(recorded, measured),
  };
}

function compare(recorded: Recorded | undefined, measured: string | undefined, allowDecrease: boolean): LineStatus {
  if (measured === undefined) return 'unreadable';
  if (recorded === undefined) return 'new';
  const cents = toCents(measured) ?? 0n;
  if (recorded.isAmbiguous) return allowDecrease ? 'changed' : 'guarded';
  if (cents === recorded.cents) return 'unchanged';
  return cents < recorded.cents && !allowDecrease ? 'guarded' : 'changed';
}

function compareClosed(recorded: Recorded | undefined, measured: string | undefined): LineStatus {
  if (measured === undefined) return 'unreadable';
  return (toCents(measured) ?? 0n) > (recorded?.cents ?? 0n) ? 'lost' : 'unchanged';
}
