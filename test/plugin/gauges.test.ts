import { expect, it } from 'vitest';
import type { Backend, Found, Observed } from '../../src/plugin/contract.ts';
import { withGauges } from '../../src/plugin/gauges.ts';

const { signal } = new AbortController();
const RESOURCE = '0123456789abcdef0123456789abcdef';

function found(account: string, more: Partial<Found> = {}): Found {
  const rest = { suspended: false, quota: { bytes: null, objects: null }, keys: [], metadata: {}, endpoints: [] };
  return { state: 'found', account, resource: RESOURCE, ...rest, ...more };
}

function world(items: readonly Observed[]) {
  const shown: unknown[] = [];
  const observe: Backend['observe'] = async function* () {
    yield* items;
  };
  const backend = { observe, apply: async () => ({ changed: true }) } as Partial<Backend> as Backend;
  return { shown, backend: withGauges(backend, (account, gauges) => shown.push([account, gauges])) };
}

async function read(stream: AsyncIterable<Observed>): Promise<readonly Observed[]> {
  const all: Observed[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

it('shows the numbers of accounts that were asked for, and passes all of them on', async () => {
  const items = [
    found('a', { gauges: { size: 1 } }),
    found('b'),
    { state: 'absent', account: 'c' } as const,
    found('of another', { resource: undefined, gauges: { size: 2 } }),
  ];
  const { backend, shown } = world(items);
  expect(await read(backend.observe([{ account: 'a' }], signal))).toEqual(items);
  expect(shown).toEqual([
    ['a', { size: 1 }],
    ['b', {}],
    ['c', undefined],
  ]);
});

it('shows nothing of a listing of all, which has accounts of other offerings', async () => {
  const { backend, shown } = world([found('a', { gauges: { size: 1 } })]);
  await read(backend.observe('all', signal));
  expect(shown).toEqual([]);
});

it('ends the numbers of an account that was deleted, and of no other', async () => {
  const { backend, shown } = world([]);
  await backend.apply({ kind: 'suspend', account: 'a', resource: RESOURCE }, signal);
  await backend.apply({ kind: 'delete-account', account: 'b', resource: RESOURCE, purge: false }, signal);
  expect(shown).toEqual([['b', undefined]]);
});
