import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/lib/json.ts';
import { type ManualClock, manualClock } from '../../../../test/fakes/clock.ts';
import { aggregate, type NodeNumbers, type NodeReport } from '../../cluster/aggregate.ts';
import { type Cluster, openCluster } from '../../cluster/cluster.ts';
import { parseNodes } from '../../cluster/nodes.ts';
import { ZERO } from '../../statistics/statistics-file.ts';
import { ADMINISTRATOR, OTHER, openSite, type Site } from '../gateway/lab.ts';
import { collectLog } from '../quota/lab.ts';

const signal = new AbortController().signal;
const numbers = (usedBytes: bigint, objects: bigint, get: bigint): NodeNumbers => ({
  use: { maxBytes: 1000n, usedBytes, objects },
  counts: { ...ZERO, get },
});

describe('nodes', () => {
  it('are read from one line', () => {
    expect(parseNodes('')).toEqual([]);
    expect(parseNodes('b=http://10.0.0.2:9000,c=https://c.example.org')).toEqual([
      { name: 'b', url: 'http://10.0.0.2:9000' },
      { name: 'c', url: 'https://c.example.org' },
    ]);
  });
});

describe('what nodes counted', () => {
  it('is summed where operations are counted, and the highest where copies are measured', () => {
    const report = (node: string, value: NodeNumbers | undefined): NodeReport => ({
      node,
      state: value === undefined ? 'unknown' : 'current',
      at: undefined,
      numbers: value,
    });
    const all = [report('a', numbers(10n, 3n, 2n ** 60n)), report('b', numbers(30n, 1n, 5n)), report('c', undefined)];
    expect(aggregate(all)).toMatchObject({
      counts: { get: 2n ** 60n + 5n },
      use: { maxBytes: 1000n, usedBytes: 30n, objects: 3n },
    });
    expect(aggregate([]).use).toBeUndefined();
  });
});

describe('the answer of a cluster', () => {
  let clock: ManualClock;
  let cluster: Cluster;
  let asked: number;
  let down: boolean;
  const warnings: string[] = [];
  beforeEach(() => {
    clock = manualClock();
    [asked, down] = [0, false];
    const use = { maxBytes: 1000n, usedBytes: 10n, objects: 1n, updated: clock.now() };
    const others = ['b', 'never'].map((name) => ({
      name,
      ask: async () => {
        asked++;
        if (down || name === 'never') throw new Error('it does not answer');
        return numbers(30n, 2n, 7n);
      },
      close: () => undefined,
    }));
    const own = {
      quotas: { state: async () => use },
      statistics: { read: async () => ({ ...ZERO, get: 1n }) },
    };
    cluster = openCluster({ ...own, clock, log: collectLog(warnings), self: 'a', others });
  });

  it('is asked for once in 10 seconds', async () => {
    await Promise.all([cluster.read('bucket', '2026-08', signal), cluster.read('bucket', '2026-08', signal)]);
    await clock.advance(9999);
    await cluster.read('bucket', '2026-08', signal);
    expect(asked).toBe(2);
    await cluster.read('bucket', '2026-07', signal);
    expect(asked).toBe(4);
    await clock.advance(1);
    await cluster.read('bucket', '2026-08', signal);
    expect(asked).toBe(6);
  });

  it('names a node that is down, and its last numbers as old', async () => {
    const { nodes } = await cluster.read('bucket', '2026-08', signal);
    expect(nodes.map(({ node, state }) => `${node} ${state}`)).toEqual(['a current', 'b current', 'never unknown']);
    const asOf = clock.now();
    down = true;
    await clock.advance(10_000);
    const later = await cluster.read('bucket', '2026-08', signal);
    expect(later.nodes[1]).toMatchObject({ node: 'b', state: 'old', at: asOf });
    expect(later).toMatchObject({ use: { usedBytes: 30n, objects: 2n }, counts: { get: 8n } });
  });
});

describe('two gateways', () => {
  const sites: Site[] = [];
  afterEach(async () => {
    for (const site of sites.splice(0)) await site.close();
  });

  it('count each for itself, and one answers for both', async () => {
    const second = await openSite({ limit: 1000n });
    const cluster_nodes = `node-2=http://127.0.0.1:${second.port},gone=http://127.0.0.1:1`;
    const first = await openSite({ limit: 1000n, settings: { cluster_nodes } });
    sites.push(first, second);
    for (const [site, bytes] of [
      [first, 10],
      [second, 30],
    ] as const)
      await site.s3({ method: 'PUT', key: 'a', body: Buffer.alloc(bytes) });
    await first.s3({ key: 'a' });
    const answer = await first.s3({ query: { cluster: '' } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString()) as Json).toMatchObject({
      month: 'current',
      put_count: 2,
      get_count: 1,
      total_operations: 3,
      max_size_bytes: 1000,
      current_usage_bytes: 30,
      object_count: 1,
      nodes: [
        { node: 'node-1', state: 'current', current_usage_bytes: 10 },
        { node: 'node-2', state: 'current', current_usage_bytes: 30 },
        { node: 'gone', state: 'unknown' },
      ],
    });
    expect(first.logged.join()).not.toContain(ADMINISTRATOR.secretKey);
    const other = await first.order(OTHER);
    expect((await first.s3({ query: { cluster: '' }, keys: other })).status).toBe(403);
    expect((await first.s3({ query: { cluster: '', month: '../../x' } })).status).toBe(400);
  });

  it('a copy that comes from another node is refused when it does not fit, and no key leaves the bucket', async () => {
    const site = await openSite({ limit: 10n });
    sites.push(site);
    const full = await site.admin({ method: 'PUT', key: 'a', body: Buffer.alloc(11) });
    expect([full.status, full.headers['x-amz-error-code']]).toEqual([507, 'QuotaExceeded']);
    expect((await site.admin({ method: 'PUT', key: '../x', body: 'x' })).status).toBe(200);
    expect((await site.counted()).scan).toEqual({ bytes: 1n, objects: 1n });
  });
});
