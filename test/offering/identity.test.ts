import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { OfferingContext } from '../../src/offering/context.ts';
import { createIdentity } from '../../src/offering/identity.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig } from '../fakes/offering.ts';
import { hinderedIn, quietStanding } from '../fakes/standing.ts';

const signal = new AbortController().signal;
const IDENTITY = '1'.repeat(32);

function setup(answers: (string | undefined | Error)[]) {
  const calls: string[] = [];
  const agents: Partial<Waldur['agents']> = {
    identify: async () => {
      calls.push('identify');
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return answer === undefined ? undefined : { uuid: answer, name: 'agent' };
    },
    registerService: async () => {
      calls.push('service');
      return { uuid: '2'.repeat(32), name: 'event_process', state: 'Active' };
    },
    registerProcessor: async () => void calls.push('processor'),
    setStatistics: async () => void calls.push('statistics'),
  };
  const standing = quietStanding();
  const context = {
    offering: offeringConfig(),
    waldur: { agents },
    clock: manualClock(),
    log: silentLog(),
    random: () => 0.5,
    standing,
    metrics: { error: () => undefined },
  } as unknown as OfferingContext;
  const deps = { version: '1.0.0', startedAt: new Date(0), statistics: () => ({}) };
  const identity = createIdentity(context, deps);
  /** One turn of its loop. */
  const announce = async (): Promise<void> => {
    const stop = new AbortController();
    const ended = identity.loop.run(stop.signal);
    await manualClock().advance(0);
    stop.abort();
    await ended;
  };
  return { identity, announce, standing, calls };
}

test('announces itself, and asks for its identity once', async () => {
  const { identity, announce, calls } = setup([IDENTITY]);
  expect(await Promise.all([identity.uuid(signal), identity.uuid(signal)])).toEqual([IDENTITY, IDENTITY]);
  await announce();
  expect(calls).toEqual(['identify', 'service', 'processor', 'statistics']);
});

test('a server without agents is left alone', async () => {
  const { announce, calls } = setup([undefined]);
  await announce();
  expect(calls).toEqual(['identify']);
});

test('a failure is not remembered and stops nothing', async () => {
  const { identity, announce, standing } = setup([
    new AgentError('no', { code: 'WALDUR_FORBIDDEN', disposition: 'operator' }),
    IDENTITY,
  ]);
  await announce();
  expect(hinderedIn(standing)).toEqual(['portal: WALDUR_FORBIDDEN']);
  expect(await identity.uuid(signal)).toBe(IDENTITY);
  await announce();
  expect(hinderedIn(standing)).toEqual([]);
});
