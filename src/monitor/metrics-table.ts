/** One metric of ours. Names here lack the prefix `waldur_agent_`. */
export interface MetricSpec {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds in seconds, histograms only. */
  readonly buckets?: readonly number[];
}

export const METRIC_PREFIX = 'waldur_agent_';

const REQUEST_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Every metric of ours, once: the registry, the README table and the tests of rules and dashboard read it. */
export const METRICS = {
  build_info: {
    type: 'gauge',
    help: 'Always 1; what is running is in the labels.',
    labels: ['version', 'revision', 'node_version'],
  },
  config_last_reload_successful: {
    type: 'gauge',
    help: 'Whether the configuration was valid when it was last read: 1 or 0.',
    labels: [],
  },
  config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a valid configuration was last read.',
    labels: [],
  },
  stomp_connected: { type: 'gauge', help: 'Whether events arrive over STOMP: 1 or 0.', labels: ['offering'] },
  stomp_sessions_ended_total: {
    type: 'counter',
    help: 'STOMP sessions that ended, by reason.',
    labels: ['offering', 'code'],
  },
  stomp_frames_total: {
    type: 'counter',
    help: 'Messages received, by what they turned out to be.',
    labels: ['offering', 'result'],
  },
  stomp_last_frame_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last message arrived; 0 before the first one.',
    labels: ['offering'],
  },
  orders_queued: { type: 'gauge', help: 'Hints that wait for a worker.', labels: ['offering'] },
  orders_in_progress: { type: 'gauge', help: 'Hints being worked on.', labels: ['offering'] },
  orders_total: { type: 'counter', help: 'Orders handled, by outcome.', labels: ['offering', 'type', 'outcome'] },
  order_duration_seconds: {
    type: 'histogram',
    help: 'Time from taking up an order to its outcome.',
    labels: ['offering', 'type'],
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  reconcile_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When all open orders were last read from Waldur; 0 before the first time.',
    labels: ['offering'],
  },
  reconcile_consecutive_failures: {
    type: 'gauge',
    help: 'Reconcile passes failed since the last good one.',
    labels: ['offering'],
  },
  upkeep_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When all resources were last compared with the backend; 0 before the first time.',
    labels: ['offering'],
  },
  upkeep_resources: {
    type: 'gauge',
    help: 'Resources in the last comparison, by what they were found to be.',
    labels: ['offering', 'finding'],
  },
  drift_total: {
    type: 'counter',
    help: 'Differences between resources and the backend: found, then repaired or left.',
    labels: ['offering', 'result'],
  },
  key_commands_total: {
    type: 'counter',
    help: 'What consumers asked for their API keys, by what came of it.',
    labels: ['offering', 'result'],
  },
  backend_up: {
    type: 'gauge',
    help: 'Whether the last check of the backend found no failure: 1 or 0.',
    labels: ['offering'],
  },
  backend_paused: {
    type: 'gauge',
    help: 'Whether the backend is not called, because it failed five times in a row: 1 or 0.',
    labels: ['offering'],
  },
  hindered: {
    type: 'gauge',
    help: 'Whether the offering cannot do this: 1 or 0; the ready page says why.',
    labels: ['offering', 'ability'],
  },
  backend_requests_total: {
    type: 'counter',
    help: 'Calls to a backend, by outcome: `ok` or an error code.',
    labels: ['plugin', 'operation', 'code'],
  },
  backend_request_duration_seconds: {
    type: 'histogram',
    help: 'Duration of calls to a backend.',
    labels: ['plugin', 'operation'],
    buckets: REQUEST_BUCKETS,
  },
  plugin_requests_total: {
    type: 'counter',
    help: 'HTTP requests that plugins made, by status or error code.',
    labels: ['plugin', 'operation', 'status'],
  },
  plugin_request_duration_seconds: {
    type: 'histogram',
    help: 'Duration of HTTP requests that plugins made.',
    labels: ['plugin', 'operation'],
    buckets: REQUEST_BUCKETS,
  },
  waldur_requests_total: {
    type: 'counter',
    help: 'Requests to Waldur, by HTTP status or error code.',
    labels: ['operation', 'status'],
  },
  waldur_request_duration_seconds: {
    type: 'histogram',
    help: 'Duration of requests to Waldur.',
    labels: ['operation'],
    buckets: REQUEST_BUCKETS,
  },
  report_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When usage was last reported without a failure; 0 before the first time.',
    labels: ['offering'],
  },
  report_last_attempt_timestamp_seconds: {
    type: 'gauge',
    help: 'When a usage report last began; 0 before the first time.',
    labels: ['offering'],
  },
  report_duration_seconds: { type: 'gauge', help: 'How long the last usage report took.', labels: ['offering'] },
  report_resources: {
    type: 'gauge',
    help: 'Resources in the last usage report, by what became of them; `lost` counts components of past months that are not billed.',
    labels: ['offering', 'result'],
  },
  usage_readings_refused_total: {
    type: 'counter',
    help: 'Readings of usage that were not used, because they cannot be true.',
    labels: ['offering'],
  },
  schedule_missed_total: {
    type: 'counter',
    help: 'Scheduled wake-ups that were missed or overlapped.',
    labels: ['job'],
  },
  job_runs_total: {
    type: 'counter',
    help: 'Runs of scheduled jobs of a backend, by result: done or failed.',
    labels: ['offering', 'job', 'result'],
  },
  errors_total: { type: 'counter', help: 'Errors the agent reacted to.', labels: ['code', 'disposition'] },
} as const satisfies Record<string, MetricSpec>;

/** The metric of a number that a plugin has for each account, without the prefix. */
export function accountGaugeName(plugin: string, name: string): string {
  return `plugin_${plugin.replaceAll('-', '_')}_${name}`;
}

/** The metrics as a Markdown table, for the README. */
export function renderMetricsTable(): string {
  const rows = Object.entries<MetricSpec>(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${METRIC_PREFIX}${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
