import { describe, expect, it } from 'vitest';
import { createMetrics, type Metrics, ORDER_OUTCOMES, ORDER_TYPES } from '../../src/monitor/metrics.ts';
import { METRIC_PREFIX, METRICS, renderMetricsTable } from '../../src/monitor/metrics-table.ts';
import { manualClock } from '../fakes/clock.ts';

const NOW = Date.parse('2026-08-25T10:00:00Z') / 1000;

function create(offerings = [{ name: 'minio', plugin: 'minio', stomp: true }]): Metrics {
  return createMetrics({ version: '1.2.3', revision: 'abc', clock: manualClock(), offerings });
}

/** Value of one series of ours, or undefined. */
async function read(metrics: Metrics, series: string): Promise<number | undefined> {
  const { body } = await metrics.render();
  const line = body.split('\n').find((candidate) => candidate.startsWith(`${METRIC_PREFIX}${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe('createMetrics', () => {
  it.each([
    [
      'stomp_connected',
      (m: Metrics) => m.stompState({ offering: 'minio', connected: true }),
      'stomp_connected{offering="minio"}',
      1,
    ],
    [
      'sessions',
      (m: Metrics) => m.sessionEnded({ offering: 'minio', code: 'STOMP_CLOSED' }),
      'stomp_sessions_ended_total{offering="minio",code="STOMP_CLOSED"}',
      1,
    ],
    [
      'frames',
      (m: Metrics) => m.frame({ offering: 'minio', result: 'order' }),
      'stomp_frames_total{offering="minio",result="order"}',
      1,
    ],
    [
      'last frame',
      (m: Metrics) => m.frame({ offering: 'minio', result: 'malformed' }),
      'stomp_last_frame_timestamp_seconds{offering="minio"}',
      NOW,
    ],
    [
      'queued',
      (m: Metrics) => m.queue({ offering: 'minio', queued: 3, inProgress: 2 }),
      'orders_queued{offering="minio"}',
      3,
    ],
    [
      'in progress',
      (m: Metrics) => m.queue({ offering: 'minio', queued: 3, inProgress: 2 }),
      'orders_in_progress{offering="minio"}',
      2,
    ],
    [
      'orders',
      (m: Metrics) => m.orderFinished({ offering: 'minio', type: 'Create', outcome: 'done', seconds: 2 }),
      'orders_total{offering="minio",type="create",outcome="done"}',
      1,
    ],
    [
      'order duration',
      (m: Metrics) => m.orderFinished({ offering: 'minio', type: 'Create', outcome: 'done', seconds: 2 }),
      'order_duration_seconds_sum{offering="minio",type="create"}',
      2,
    ],
    [
      'reconciled',
      (m: Metrics) => m.reconciled({ offering: 'minio', ok: true }),
      'reconcile_last_success_timestamp_seconds{offering="minio"}',
      NOW,
    ],
    [
      'reconcile failed',
      (m: Metrics) => m.reconciled({ offering: 'minio', ok: false }),
      'reconcile_consecutive_failures{offering="minio"}',
      1,
    ],
    ['backend up', (m: Metrics) => m.backendUp({ offering: 'minio', up: true }), 'backend_up{offering="minio"}', 1],
    [
      'backend',
      (m: Metrics) => m.backendRequest({ plugin: 'minio', operation: 'apply', code: 'ok', seconds: 1 }),
      'backend_requests_total{plugin="minio",operation="apply",code="ok"}',
      1,
    ],
    [
      'waldur',
      (m: Metrics) => m.waldurRequest({ operation: 'orders.get', status: '200', seconds: 1 }),
      'waldur_requests_total{operation="orders.get",status="200"}',
      1,
    ],
    [
      'report attempt',
      (m: Metrics) => m.reportStarted({ offering: 'minio' }),
      'report_last_attempt_timestamp_seconds{offering="minio"}',
      NOW,
    ],
    ['missed', (m: Metrics) => m.scheduleMissed('report'), 'schedule_missed_total{job="report"}', 1],
    [
      'errors',
      (m: Metrics) => m.error({ code: 'X', disposition: 'terminal' }),
      'errors_total{code="X",disposition="terminal"}',
      1,
    ],
    ['reload failed', (m: Metrics) => m.configRead(false), 'config_last_reload_successful', 0],
    ['build', () => undefined, `build_info{version="1.2.3",revision="abc",node_version="${process.versions.node}"}`, 1],
  ])('records %s', async (_, record, series, value) => {
    const metrics = create();
    record(metrics);
    expect(await read(metrics, series)).toBe(value);
  });

  it('keeps the time of the last good report when one fails', async () => {
    const metrics = create();
    const resources = { submitted: 4, unchanged: 3, missing: 2, failed: 1, lost: 0 };
    metrics.reportFinished({ offering: 'minio', ok: false, seconds: 7, resources });
    expect(await read(metrics, 'report_last_success_timestamp_seconds{offering="minio"}')).toBe(0);
    expect(await read(metrics, 'report_duration_seconds{offering="minio"}')).toBe(7);
    expect(await read(metrics, 'report_resources{offering="minio",result="missing"}')).toBe(2);
    metrics.reportFinished({ offering: 'minio', ok: true, seconds: 7, resources });
    expect(await read(metrics, 'report_last_success_timestamp_seconds{offering="minio"}')).toBe(NOW);
  });

  it('ends a row of failed reconciliations with a good one', async () => {
    const metrics = create();
    for (const ok of [false, false, true]) metrics.reconciled({ offering: 'minio', ok });
    expect(await read(metrics, 'reconcile_consecutive_failures{offering="minio"}')).toBe(0);
  });

  it('starts every series that can be known, at zero', async () => {
    const metrics = create();
    for (const type of ORDER_TYPES) {
      expect(await read(metrics, `order_duration_seconds_count{offering="minio",type="${type}"}`)).toBe(0);
      for (const outcome of ORDER_OUTCOMES) {
        expect(await read(metrics, `orders_total{offering="minio",type="${type}",outcome="${outcome}"}`)).toBe(0);
      }
    }
    metrics.addJob({ offering: 'minio', job: 'retention' });
    const { body } = await metrics.render();
    const unknowable = [
      'plugin_requests_total',
      'plugin_request_duration_seconds',
      'stomp_sessions_ended_total',
      'waldur_requests_total',
      'waldur_request_duration_seconds',
    ];
    for (const name of Object.keys(METRICS).filter((candidate) => !unknowable.includes(candidate))) {
      expect(body, name).toMatch(new RegExp(`^${METRIC_PREFIX}${name}(_count)?[ {]`, 'm'));
    }
  });

  it('forgets an offering, and nothing else', async () => {
    const metrics = create([
      { name: 'a', plugin: 'minio', stomp: true },
      { name: 'b', plugin: 'minio', stomp: true },
    ]);
    const before = (await metrics.render()).body.split('\n');
    metrics.orderFinished({ offering: 'a', type: 'create', outcome: 'done', seconds: 1 });
    await metrics.forgetOffering('a');
    const after = (await metrics.render()).body.split('\n').filter((line) => line.startsWith(METRIC_PREFIX));
    expect(after.filter((line) => line.includes('offering="a"'))).toEqual([]);
    expect(after.filter((line) => line.includes('offering="b"'))).toEqual(
      before.filter((line) => line.includes('offering="b"')),
    );
    metrics.addOffering({ name: 'a', plugin: 'minio', stomp: true });
    expect(await read(metrics, 'orders_total{offering="a",type="create",outcome="done"}')).toBe(0);
  });

  describe('numbers of accounts', () => {
    const gauges = { size_bytes: 'Size.' };
    const plain = { plugin: 'host-quota', stomp: false, gauges };
    const seen = (metrics: Metrics, account: string, size: number | undefined, offering = 'a'): void =>
      metrics.accountSeen({ offering, account, gauges: size === undefined ? undefined : { size_bytes: size } });
    const series = async (metrics: Metrics): Promise<readonly string[]> => {
      const { body } = await metrics.render();
      return [...body.matchAll(/^waldur_agent_plugin_host_quota_size_bytes\{(.*)\} (.*)$/gm)].map(
        ([, labels, value]) => `${labels} ${value}`,
      );
    };
    const resources = { 'in-step': 0, drift: 0, missing: 0, pending: 0, unreadable: 0, faulty: 0 };

    it('are shown as last seen, and end with the account and the offering', async () => {
      const metrics = create([
        { name: 'a', ...plain },
        { name: 'b', ...plain },
      ]);
      for (const [account, size] of [
        ['x', 1],
        ['y', 2],
        ['x', 3],
      ] as const)
        seen(metrics, account, size);
      seen(metrics, 'x', 4, 'b');
      const others = ['offering="a",account="y" 2', 'offering="b",account="x" 4'];
      expect(await series(metrics)).toEqual(['offering="a",account="x" 3', ...others]);
      seen(metrics, 'x', undefined);
      expect(await series(metrics)).toEqual(others);
      await metrics.forgetOffering('a');
      seen(metrics, 'late', 5);
      expect(await series(metrics)).toEqual(others.slice(1));
    });

    it('of an account that a whole comparison did not see are forgotten', async () => {
      const metrics = create([{ name: 'a', ...plain }]);
      for (const account of ['x', 'y']) seen(metrics, account, 1);
      metrics.upkeepFinished({ offering: 'a', resources });
      seen(metrics, 'x', 2);
      metrics.upkeepFinished({ offering: 'a', resources });
      expect(await series(metrics)).toEqual(['offering="a",account="x" 2']);
    });

    it('are bounded, and none is no number', async () => {
      const metrics = create([{ name: 'a', ...plain }]);
      for (let i = 0; i < 10_001; i++) seen(metrics, `x${i}`, i === 0 ? Number.NaN : i);
      expect(await series(metrics)).toHaveLength(9_999);
    });
  });

  it('has no STOMP series for an offering that only polls', async () => {
    const { body } = await create([{ name: 'a', plugin: 'minio', stomp: false }]).render();
    expect(body).not.toMatch(/^waldur_agent_stomp_/m);
  });

  it('names no gauge like a counter and every counter like one', async () => {
    const { body } = await create().render();
    for (const [, name, type] of body.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      expect(name?.endsWith('_total'), name).toBe(type === 'counter');
    }
  });

  it('lets two registries live side by side', async () => {
    const [one, two] = [create(), create()];
    one.scheduleMissed('report');
    expect(await read(two, 'schedule_missed_total{job="report"}')).toBe(0);
  });
});

describe('renderMetricsTable', () => {
  it('has a row with the prefixed name, type and labels for every metric', () => {
    const rows = renderMetricsTable().trimEnd().split('\n').slice(2);
    expect(rows).toHaveLength(Object.keys(METRICS).length);
    expect(rows).toContain(
      '| `waldur_agent_stomp_connected` | gauge | `offering` | Whether events arrive over STOMP: 1 or 0. |',
    );
  });
});
