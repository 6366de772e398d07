import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { createPresence } from '../../src/offering/identity.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig } from '../fakes/offering.ts';

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
  const presence = createPresence({
    offering: offeringConfig(),
    waldur: { agents } as Waldur,
    clock: manualClock(),
    log: silentLog(),
    version: '1.0.0',
    startedAt: new Date(0),
    statistics: () => ({}),
  });
  return { presence, calls };
}

test('announces itself, and asks for its identity once', async () => {
  const { presence, calls } = setup([IDENTITY]);
  expect(await Promise.all([presence.identity(signal), presence.identity(signal)])).toEqual([IDENTITY, IDENTITY]);
  await presence.announce(signal);
  expect(calls).toEqual(['identify', 'service', 'processor', 'statistics']);
});

test('a server without agents is left alone', async () => {
  const { presence, calls } = setup([undefined]);
  await presence.announce(signal);
  expect(calls).toEqual(['identify']);
});

test('a failure is not remembered and stops nothing', async () => {
  const { presence } = setup([new AgentError('no', { code: 'WALDUR_FORBIDDEN', disposition: 'operator' }), IDENTITY]);
  await presence.announce(signal);
  expect(await presence.identity(signal)).toBe(IDENTITY);
});
