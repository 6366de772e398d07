import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import type { Disposition } from '../lib/errors.ts';
import type { HttpOutcome } from '../lib/http.ts';
import { type AccountGauges, type AccountSeen, createAccountGauges } from './account-gauges.ts';
import { ABILITIES, type Ability } from './hindrance.ts';
import { createInstruments, type Instrument, type Instruments } from './instruments.ts';
import { accountGaugeName, METRIC_PREFIX } from './metrics-table.ts';

export const ORDER_TYPES = ['create', 'update', 'terminate', 'restore'] as const;
export const ORDER_OUTCOMES = ['done', 'erred', 'deferred', 'pending', 'skipped'] as const;
export const FRAME_RESULTS = ['order', 'resource', 'key', 'import', 'sync', 'ignored', 'malformed'] as const;
export const REPORT_RESULTS = ['submitted', 'unchanged', 'missing', 'failed', 'lost'] as const;
export const BACKEND_OPERATIONS = ['check', 'observe', 'apply', 'usage'] as const;
export const UPKEEP_FINDINGS = ['in-step', 'drift', 'missing', 'pending', 'unreadable', 'faulty'] as const;
export const DRIFT_RESULTS = ['found', 'repaired', 'left'] as const;
export const KEY_RESULTS = ['rotated', 'failed', 'declined', 'left'] as const;
export const SCHEDULED_JOBS = ['report'] as const;

export type OrderOutcome = (typeof ORDER_OUTCOMES)[number];
export type FrameResult = (typeof FRAME_RESULTS)[number];
export type ReportResult = (typeof REPORT_RESULTS)[number];

export interface MetricsOptions {
  readonly version: string;
  readonly revision: string;
  readonly clock: Clock;
  readonly offerings: readonly MeteredOffering[];
}

export interface MeteredOffering {
  /** The configured name: bounded by the file. Never the UUID of anything. */
  readonly name: string;
  readonly plugin: string;
  /** Whether events are expected at all; without them there are no `stomp_` series that would look like an outage. */
  readonly stomp: boolean;
  /** Numbers the plugin has for each account, with what they mean. */
  readonly gauges?: Readonly<Record<string, string>> | undefined;
}

interface OfOffering {
  readonly offering: string;
}

/** Records what happens; no other file sees the metrics library. All calls are cheap and never throw. */
export interface Metrics {
  /** Starts the series of an offering at zero, so that rates and alerts see them before the first event; known ones go on. */
  addOffering(offering: MeteredOffering): void;
  /** Ends the series of an offering that left the configuration; without this they would stay until the agent stops. */
  forgetOffering(name: string): Promise<void>;
  configRead(valid: boolean): void;
  stompState(event: OfOffering & { readonly connected: boolean }): void;
  sessionEnded(event: OfOffering & { readonly code: string }): void;
  frame(event: OfOffering & { readonly result: FrameResult }): void;
  queue(event: OfOffering & { readonly queued: number; readonly inProgress: number }): void;
  /** `type` in any case: Waldur's `Create` counts as `create`. */
  orderFinished(
    event: OfOffering & { readonly type: string; readonly outcome: OrderOutcome; readonly seconds: number },
  ): void;
  reconciled(event: OfOffering & { readonly ok: boolean }): void;
  accountSeen(seen: AccountSeen): void;
  upkeepFinished(
    event: OfOffering & { readonly resources: Readonly<Record<(typeof UPKEEP_FINDINGS)[number], number>> },
  ): void;
  drift(event: OfOffering & { readonly result: (typeof DRIFT_RESULTS)[number] }): void;
  keyCommand(event: OfOffering & { readonly result: (typeof KEY_RESULTS)[number] }): void;
  backendUp(event: OfOffering & { readonly up: boolean }): void;
  backendPaused(event: OfOffering & { readonly paused: boolean }): void;
  hindered(event: OfOffering & { readonly ability: Ability; readonly hindered: boolean }): void;
  /** `code` is `ok` or the code of the error. */
  backendRequest(event: {
    readonly plugin: string;
    readonly operation: string;
    readonly code: string;
    readonly seconds: number;
  }): void;
  waldurRequest(outcome: HttpOutcome): void;
  /** A request that a plugin made by itself. */
  pluginRequest(outcome: HttpOutcome & { readonly plugin: string }): void;
  reportStarted(event: OfOffering): void;
  reportFinished(
    event: OfOffering & {
      readonly ok: boolean;
      readonly seconds: number;
      readonly resources: Readonly<Record<ReportResult, number>>;
    },
  ): void;
  readingRefused(event: OfOffering): void;
  scheduleMissed(job: string): void;
  /** Starts the series of a job at zero. */
  addJob(event: OfOffering & { readonly job: string }): void;
  /** A run of a job of the backend. */
  jobEnded(event: OfOffering & { readonly job: string; readonly result: 'done' | 'failed' }): void;
  error(event: { readonly code: string; readonly disposition: Disposition }): void;
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges that end in _total: promtool rejects the whole page for them.
  for (const name of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${name}_total`);
  const m = createInstruments(registry);
  const metrics: Metrics = {
    ...createRecorders(registry, m, () => options.clock.now().getTime() / 1000),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
  const { version, revision } = options;
  m.build_info.set({ version, revision, node_version: process.versions.node }, 1);
  for (const job of SCHEDULED_JOBS) m.schedule_missed_total.inc({ job }, 0);
  m.errors_total.inc({ code: 'BUG', disposition: 'bug' }, 0);
  metrics.configRead(true);
  for (const offering of options.offerings) metrics.addOffering(offering);
  return metrics;
}

/** What each event means for the instruments. */
function createRecorders(registry: Registry, m: Instruments, nowSeconds: () => number): Omit<Metrics, 'render'> {
  const known = new Set<string>();
  const accounts = createAccountGauges();

  return {
    addOffering: ({ name: offering, plugin, stomp, gauges = {} }) => {
      accounts.own(offering, plugin);
      for (const [name, help] of Object.entries(gauges)) showAccounts(registry, accounts, { plugin, name, help });
      if (known.has(offering)) return stompAgain(m, offering, stomp);
      known.add(offering);
      startSeries(m, { name: offering, plugin, stomp });
    },
    forgetOffering: async (name) => {
      known.delete(name);
      accounts.forget(name);
      for (const instrument of Object.values<Instrument>(m)) await removeOffering(instrument, name);
    },
    configRead: (valid) => {
      m.config_last_reload_successful.set(valid ? 1 : 0);
      if (valid) m.config_last_reload_success_timestamp_seconds.set(nowSeconds());
    },
    stompState: ({ offering, connected }) => m.stomp_connected.set({ offering }, connected ? 1 : 0),
    sessionEnded: ({ offering, code }) => m.stomp_sessions_ended_total.inc({ offering, code }),
    frame: ({ offering, result }) => {
      m.stomp_frames_total.inc({ offering, result });
      m.stomp_last_frame_timestamp_seconds.set({ offering }, nowSeconds());
    },
    queue: ({ offering, queued, inProgress }) => {
      m.orders_queued.set({ offering }, queued);
      m.orders_in_progress.set({ offering }, inProgress);
    },
    orderFinished: ({ offering, type, outcome, seconds }) => {
      m.orders_total.inc({ offering, type: type.toLowerCase(), outcome });
      m.order_duration_seconds.observe({ offering, type: type.toLowerCase() }, seconds);
    },
    reconciled: ({ offering, ok }) => {
      if (!ok) return m.reconcile_consecutive_failures.inc({ offering });
      m.reconcile_consecutive_failures.set({ offering }, 0);
      m.reconcile_last_success_timestamp_seconds.set({ offering }, nowSeconds());
    },
    accountSeen: accounts.set,
    upkeepFinished: ({ offering, resources }) => {
      accounts.turn(offering);
      m.upkeep_last_success_timestamp_seconds.set({ offering }, nowSeconds());
      for (const finding of UPKEEP_FINDINGS) m.upkeep_resources.set({ offering, finding }, resources[finding]);
    },
    drift: ({ offering, result }) => m.drift_total.inc({ offering, result }),
    keyCommand: ({ offering, result }) => m.key_commands_total.inc({ offering, result }),
    backendUp: ({ offering, up }) => m.backend_up.set({ offering }, up ? 1 : 0),
    backendPaused: ({ offering, paused }) => m.backend_paused.set({ offering }, paused ? 1 : 0),
    hindered: ({ offering, ability, hindered }) => m.hindered.set({ offering, ability }, hindered ? 1 : 0),
    backendRequest: ({ plugin, operation, code, seconds }) => {
      m.backend_requests_total.inc({ plugin, operation, code });
      m.backend_request_duration_seconds.observe({ plugin, operation }, seconds);
    },
    waldurRequest: ({ operation, status, seconds }) => {
      m.waldur_requests_total.inc({ operation, status });
      m.waldur_request_duration_seconds.observe({ operation }, seconds);
    },
    pluginRequest: ({ plugin, operation, status, seconds }) => {
      m.plugin_requests_total.inc({ plugin, operation, status });
      m.plugin_request_duration_seconds.observe({ plugin, operation }, seconds);
    },
    reportStarted: ({ offering }) => m.report_last_attempt_timestamp_seconds.set({ offering }, nowSeconds()),
    reportFinished: ({ offering, ok, seconds, resources }) => {
      if (ok) m.report_last_success_timestamp_seconds.set({ offering }, nowSeconds());
      m.report_duration_seconds.set({ offering }, seconds);
      for (const result of REPORT_RESULTS) m.report_resources.set({ offering, result }, resources[result]);
    },
    readingRefused: ({ offering }) => m.usage_readings_refused_total.inc({ offering }),
    scheduleMissed: (job) => m.schedule_missed_total.inc({ job }),
    addJob: (event) => {
      for (const result of ['done', 'failed']) m.job_runs_total.inc({ ...event, result }, 0);
      m.schedule_missed_total.inc({ job: event.job }, 0);
    },
    jobEnded: (event) => m.job_runs_total.inc(event),
    error: ({ code, disposition }) => m.errors_total.inc({ code, disposition }),
  };
}

/** One gauge for all offerings of the plugin. */
function showAccounts(
  registry: Registry,
  accounts: AccountGauges,
  of: { readonly plugin: string; readonly name: string; readonly help: string },
): void {
  const name = METRIC_PREFIX + accountGaugeName(of.plugin, of.name);
  if (registry.getSingleMetric(name) !== undefined) return;
  const collect = (): void => {
    gauge.reset();
    for (const { value, ...labels } of accounts.read(of.plugin, of.name)) gauge.set(labels, value);
  };
  const gauge = new Gauge({ name, help: of.help, labelNames: ['offering', 'account'], registers: [registry], collect });
}

function offeringGauges(m: Instruments): readonly Gauge<'offering'>[] {
  return [
    m.orders_queued,
    m.orders_in_progress,
    m.reconcile_last_success_timestamp_seconds,
    m.reconcile_consecutive_failures,
    m.backend_up,
    m.backend_paused,
    m.upkeep_last_success_timestamp_seconds,
    m.report_last_success_timestamp_seconds,
    m.report_last_attempt_timestamp_seconds,
    m.report_duration_seconds,
  ];
}

/** Every series of an offering, at zero. */
function startSeries(m: Instruments, { name: offering, plugin, stomp }: MeteredOffering): void {
  for (const gauge of offeringGauges(m)) gauge.set({ offering }, 0);
  if (stomp) startStompSeries(m, offering);
  for (const result of REPORT_RESULTS) m.report_resources.set({ offering, result }, 0);
  m.usage_readings_refused_total.inc({ offering }, 0);
  for (const finding of UPKEEP_FINDINGS) m.upkeep_resources.set({ offering, finding }, 0);
  for (const result of DRIFT_RESULTS) m.drift_total.inc({ offering, result }, 0);
  for (const ability of Object.keys(ABILITIES)) m.hindered.set({ offering, ability }, 0);
  for (const result of KEY_RESULTS) m.key_commands_total.inc({ offering, result }, 0);
  for (const type of ORDER_TYPES) {
    m.order_duration_seconds.zero({ offering, type });
    for (const outcome of ORDER_OUTCOMES) m.orders_total.inc({ offering, type, outcome }, 0);
  }
  for (const operation of BACKEND_OPERATIONS) {
    m.backend_requests_total.inc({ plugin, operation, code: 'ok' }, 0);
    m.backend_request_duration_seconds.zero({ plugin, operation });
  }
}

function startStompSeries(m: Instruments, offering: string): void {
  m.stomp_connected.set({ offering }, 0);
  m.stomp_last_frame_timestamp_seconds.set({ offering }, 0);
  for (const result of FRAME_RESULTS) m.stomp_frames_total.inc({ offering, result }, 0);
}

/** An offering that was restarted: its session begins anew, and may be configured otherwise. */
function stompAgain(m: Instruments, offering: string, stomp: boolean): void {
  if (stomp) m.stomp_connected.set({ offering }, 0);
  else m.stomp_connected.remove({ offering });
}

/** `remove` wants the exact label set, so the ones in use are looked up first. */
async function removeOffering(instrument: Instrument, offering: string): Promise<void> {
  const { values } = await instrument.get();
  for (const { labels } of values) {
    if (labels['offering'] !== offering) continue;
    const { le: _le, ...own } = labels as Record<string, string | number>;
    instrument.remove(own);
  }
}
