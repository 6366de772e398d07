import type { OfferingConfig } from '../../src/config/types.ts';
import { AgentError } from '../../src/lib/errors.ts';
import { toCents } from '../../src/lib/units.ts';
import type { Backend, Usage, UsageQuery } from '../../src/plugin/contract.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { createUsage, type OfferingUsage, type UsageDeps } from '../../src/usage/create-usage.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { ComponentUsage, MeteredResource, UsageReport } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { recordingLog } from '../fakes/log.ts';
import { component, offeringConfig } from '../fakes/offering.ts';

export const HOUR = 3_600_000;

/** Of the resource `i`, whose account is `a{i}`. */
export function uuidOf(i: number): string {
  return String(i).padStart(32, '0');
}

export const STORAGE = component({ type: 's3_storage', unitFactor: 1000 });
export const OBJECTS = component({ type: 's3_objects', backendName: 'objects', unitFactor: 1 });

export interface SiteOptions {
  readonly start?: string;
  readonly resources?: number;
  readonly offering?: Partial<OfferingConfig>;
  readonly store?: Store;
  readonly periods?: number;
  readonly perUser?: boolean;
}

/** A Waldur with the rules that matter for usage, a backend whose numbers a test sets, and what the agent reports. */
export function createSite(options: SiteOptions = {}) {
  const clock = manualClock(options.start ?? '2026-08-25T10:00:00Z');
  const store = options.store ?? createMemoryStore(clock);
  const offering = offeringConfig({ components: [STORAGE], allowDecrease: false, ...options.offering });
  const billing: Record<string, string> = { s3_storage: 'usage', s3_objects: 'limit' };
  const records = new Map<string, ComponentUsage>();
  const reports: UsageReport[] = [];
  const { log, said } = recordingLog();
  const requests: string[] = [];
  /** Quantities now by account; what is missing cannot be read. */
  const holds = new Map<string, Record<string, bigint>>();
  const state = { isStaff: false, waldurDown: false, backendDown: false, users: undefined as Usage['users'] };

  const resources = Array.from(
    { length: options.resources ?? 1 },
    (_, i): MeteredResource => ({
      uuid: uuidOf(i),
      name: `r${i}`,
      state: 'OK',
      backendId: `a${i}`,
      plan: uuidOf(999),
      currentUsages: {},
    }),
  );
  const monthOf = (date: string | undefined): string => `${(date ?? clock.now().toISOString()).slice(0, 7)}-01`;

  function request(name: string): void {
    requests.push(name);
    if (state.waldurDown) throw new AgentError('no answer', { code: 'WALDUR_UNREACHABLE', disposition: 'transient' });
  }

  /** As Waldur does: a month that is over takes limit-billed components only, and refuses the whole report for another. */
  function accept(report: UsageReport): void {
    const month = monthOf(report.date);
    const isOver = month !== monthOf(undefined);
    if (isOver && !state.isStaff && report.usages.some(({ type }) => billing[type] !== 'limit')) {
      throw new AgentError('date: only limit-based components when backfilling past billing periods', {
        code: 'WALDUR_REFUSED',
        disposition: 'terminal',
        status: 400,
      });
    }
    reports.push(report);
    for (const { type, amount } of report.usages) {
      records.set(`${report.resource}/${type}/${month}`, {
        uuid: uuidOf(1000 + records.size),
        resource: report.resource,
        type,
        usage: amount,
        billingPeriod: month,
      });
    }
  }

  const waldur = {
    clockSkewMs: () => 0,
    me: async () => ({ isStaff: state.isStaff }),
    offerings: {
      get: async () => {
        request('offering');
        return { components: Object.entries(billing).map(([type, billingType]) => ({ type, billingType })) };
      },
    },
    resources: {
      listMetered: async function* () {
        request('resources');
        for (let i = 0; i < resources.length; i += 100) yield resources.slice(i, i + 100);
      },
    },
    usages: {
      takesDate: async () => true,
      list: async function* (query: { billingPeriod: string; resource?: string }) {
        request('records');
        for (const record of records.values()) {
          if (query.resource !== undefined && record.resource !== query.resource) continue;
          if (record.billingPeriod === query.billingPeriod) yield record;
        }
      },
      listUsers: async function* () {
        request('user records');
        yield* [];
      },
      submitUsers: async () => request('submit users'),
      submit: async (report: UsageReport) => {
        request('submit');
        accept(report);
      },
    },
  } as unknown as Waldur;

  const backend = {
    usage: async function* (accounts: readonly string[], query: UsageQuery): AsyncGenerator<Usage> {
      requests.push(`usage ${query.metering}`);
      if (state.backendDown) throw new AgentError('no answer', { code: 'BACKEND_DOWN', disposition: 'transient' });
      for (const account of accounts) {
        const quantities = holds.get(account);
        if (quantities === undefined) continue;
        const { users } = state;
        yield { account, measuredAt: clock.now(), quantities, ...(users !== undefined && { users }) };
      }
    },
  } as unknown as Backend;

  const deps: UsageDeps = {
    offering,
    waldur,
    backend,
    store,
    clock,
    log,
    timezone: 'UTC',
    periods: options.periods ?? 2,
    perUser: options.perUser ?? false,
    sampleIntervalMs: HOUR,
  };
  const start = (): OfferingUsage => createUsage(deps);
  return {
    deps,
    clock,
    store,
    billing,
    records,
    reports,
    requests,
    said,
    holds,
    state,
    resources,
    start,
    /** What Waldur has for a month, in hundredths. */
    recorded: (month: string, type = 's3_storage', i = 0) =>
      toCents(records.get(`${uuidOf(i)}/${type}/${month}-01`)?.usage),
  };
}
