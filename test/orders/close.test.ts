import { describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { approve, awaitCompletion, complete, fail, refuse, tellConsumer } from '../../src/orders/close.ts';
import type { OrderDeps } from '../../src/orders/deps.ts';
import type { OrderState, OrderType } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig, order } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const waldurError = (code: string): AgentError => new AgentError('no', { code, disposition: 'transient' });
const CONFLICT = waldurError('WALDUR_CONFLICT');
const OUTAGE = waldurError('WALDUR_FAILED');
const FAILURE = new AgentError('It is full.', { code: 'FAKE_FULL', disposition: 'terminal', hint: 'Order less.' });
const SAID = 'It is full. Order less. (FAKE_FULL, 0a7f4c0e)';

type Call = 'get' | 'approve' | 'setDone' | 'setErred' | 'reject' | 'setProviderInfo';

/** A Waldur whose order is in `states`, one after the other as it is read; the last one stays. */
function setup(
  states: readonly OrderState[],
  failing: Partial<Record<Call, AgentError>> = {},
  approved: OrderState | 'unknown' = 'unknown',
) {
  const did: string[] = [];
  const left = [...states];
  const clock = manualClock();
  const call = (name: Call, text = ''): void => {
    did.push(`${name} ${text}`.trim());
    const failure = failing[name];
    if (failure !== undefined) throw failure;
  };
  const orders = {
    get: async () => {
      call('get');
      const state = left.length > 1 ? left.shift() : left[0];
      return order({ state: state ?? 'executing' });
    },
    approve: async () => {
      call('approve');
      return approved;
    },
    setDone: async () => call('setDone'),
    setErred: async (_: string, text: string) => call('setErred', text),
    reject: async (_: string, text: string) => call('reject', text),
    setProviderInfo: async (_: string, text: string) => call('setProviderInfo', text),
  };
  const deps = { waldur: { orders }, offering: offeringConfig(), clock, log: silentLog() } as unknown as OrderDeps;
  return { deps, did, clock };
}

const codeOf = (error: AgentError): string => error.code;

describe('approving', () => {
  test.each<[string, OrderState | 'unknown', AgentError | undefined, string, readonly string[]]>([
    ['what Waldur answers is believed', 'executing', undefined, 'executing', ['approve']],
    ['also that it waits for its date', 'pending-start-date', undefined, 'pending-start-date', ['approve']],
    ['an answer that says nothing is looked up', 'unknown', undefined, 'canceled', ['approve', 'get']],
    ['after a conflict the order is read', 'executing', CONFLICT, 'canceled', ['approve', 'get']],
    ['an outage is thrown', 'executing', OUTAGE, 'WALDUR_FAILED', ['approve']],
  ])('%s', async (_, answer, failure, expected, calls) => {
    const { deps, did } = setup(['canceled'], failure && { approve: failure }, answer);
    expect(await approve(deps, order(), signal).catch(codeOf)).toBe(expected);
    expect(did).toEqual(calls);
  });
});

describe('setting an order done', () => {
  test.each<[OrderState, string]>([
    ['done', 'done'],
    ['executing', 'deferred'],
    ['erred', 'deferred'],
    ['canceled', 'deferred'],
  ])('is believed only when the order, read again, is done: %s is %s', async (state, ending) => {
    const { deps, did } = setup([state]);
    expect(await complete(deps, order(), signal)).toBe(ending);
    expect(did).toEqual(['setDone', 'get']);
  });

  test('that was done already is done; an outage is thrown', async () => {
    const conflict = setup(['done'], { setDone: CONFLICT });
    expect(await complete(conflict.deps, order(), signal)).toBe('done');
    const outage = setup(['done'], { setDone: OUTAGE });
    await expect(complete(outage.deps, order(), signal)).rejects.toBe(OUTAGE);
    expect(outage.did).toEqual(['setDone']);
  });
});

describe('waiting for Waldur to complete an options order', () => {
  const poll = 'get';
  test.each<[string, readonly OrderState[], string, readonly string[]]>([
    ['one that is done costs one look', ['done'], 'done', [poll]],
    ['one that executes is not done', ['executing', 'executing', 'done'], 'done', [poll, poll, poll]],
    ['one that Waldur erred is left', ['executing', 'erred'], 'deferred', [poll, poll]],
    [
      'one that stays executing is set done after eight looks',
      ['executing', 'executing', 'executing', 'executing', 'executing', 'executing', 'executing', 'executing', 'done'],
      'done',
      [...Array<string>(8).fill(poll), 'setDone', poll],
    ],
  ])('%s', async (_, states, ending, calls) => {
    const { deps, did, clock } = setup(states);
    const waiting = awaitCompletion(deps, order({ state: 'executing' }), signal);
    await clock.advance(60_000);
    expect(await waiting).toBe(ending);
    expect(did).toEqual(calls);
  });

  test('a second look is a quarter of a second after the first', async () => {
    const { deps, did, clock } = setup(['executing', 'done']);
    const waiting = awaitCompletion(deps, order(), signal);
    await clock.advance(249);
    expect(did).toEqual(['get']);
    await clock.advance(1);
    expect(await waiting).toBe('done');
  });
});

describe('erring an order', () => {
  test('that executes says why, and what finds it in the log', async () => {
    const { deps, did } = setup(['executing']);
    expect(await fail(deps, order(), FAILURE, signal)).toBe('erred');
    expect(did).toEqual(['get', `setErred ${SAID}`]);
  });

  test.each<OrderState>(['done', 'erred', 'canceled', 'rejected', 'pending-provider', 'pending-start-date'])(
    'is never done to one that became %s meanwhile',
    async (state) => {
      const { deps, did } = setup([state]);
      // What we knew of it when we began says nothing.
      expect(await fail(deps, order({ state: 'executing' }), FAILURE, signal)).toBe('deferred');
      expect(did).toEqual(['get']);
    },
  );

  test('is not done when it cannot be read', async () => {
    const { deps, did } = setup(['executing'], { get: OUTAGE });
    await expect(fail(deps, order(), FAILURE, signal)).rejects.toBe(OUTAGE);
    expect(did).toEqual(['get']);
  });
});

describe('refusing an order', () => {
  test.each<[string, OrderType, OrderState, Partial<Record<Call, AgentError>>, string, readonly string[]]>([
    ['it is rejected, with the reason', 'Create', 'pending-provider', {}, 'rejected', [`reject ${SAID}`]],
    ['one that was taken back is left', 'Update', 'canceled', { reject: CONFLICT }, 'deferred', [`reject ${SAID}`]],
    ['an outage is thrown', 'Create', 'pending-provider', { reject: OUTAGE }, 'WALDUR_FAILED', [`reject ${SAID}`]],
    [
      'a restore is approved and erred',
      'Restore',
      'executing',
      {},
      'erred',
      ['approve', 'get', 'get', `setErred ${SAID}`],
    ],
    ['a restore that was taken back is left', 'Restore', 'canceled', {}, 'deferred', ['approve', 'get', 'get']],
  ])('%s', async (_, type, state, failing, expected, calls) => {
    const { deps, did } = setup([state], failing);
    expect(await refuse(deps, order({ type }), FAILURE, signal).catch(codeOf)).toBe(expected);
    expect(did).toEqual(calls);
  });
});

test.each<[string, string, Partial<Record<Call, AgentError>>, readonly string[]]>([
  ['is said once', 'Wait.', {}, []],
  ['replaces what was said before', 'Hello.', {}, ['setProviderInfo Wait.']],
  ['holds up nothing when it cannot be said', '', { setProviderInfo: OUTAGE }, ['setProviderInfo Wait.']],
])('a text for the consumer %s', async (_, before, failing, calls) => {
  const { deps, did } = setup([], failing);
  await tellConsumer(deps, order({ providerMessage: before }), 'Wait.', signal);
  expect(did).toEqual(calls);
});
