import { describe, expect, it } from 'vitest';
import {
  type HealthSnapshot,
  type LifecycleState,
  liveness,
  type OfferingHealth,
  readiness,
} from '../../src/monitor/health.ts';
import { ABILITIES, type Ability, type Hindrance } from '../../src/monitor/hindrance.ts';

const NOW = 1_000_000;

function snapshot(changes: Partial<HealthSnapshot> = {}): HealthSnapshot {
  return { state: 'running', nowMs: NOW, supervisors: [], orders: [], offerings: [], ...changes };
}

function offering(changes: Partial<OfferingHealth> = {}): OfferingHealth {
  return {
    name: 'minio',
    connected: false,
    lastReconcileMs: NOW,
    hindrances: [],
    ...changes,
  };
}

function hindrance(ability: Ability): Hindrance {
  const { essential } = ABILITIES[ability];
  return { ability, essential, code: 'X_DOWN', message: 'it is down', hint: undefined, since: new Date(0) };
}

describe('liveness', () => {
  it.each([
    ['nothing to look at', snapshot(), true],
    ['a loop on time', snapshot({ supervisors: [{ name: 'events', lastTickMs: NOW - 3000, intervalMs: 1000 }] }), true],
    [
      'a loop that stopped',
      snapshot({ supervisors: [{ name: 'events', lastTickMs: NOW - 3001, intervalMs: 1000 }] }),
      false,
    ],
    ['a slow order', snapshot({ orders: [{ order: 'a', startedMs: NOW - 2000, deadlineMs: 1000 }] }), true],
    ['a stuck order', snapshot({ orders: [{ order: 'a', startedMs: NOW - 2001, deadlineMs: 1000 }] }), false],
    ['an offering no one serves', snapshot({ offerings: [offering({ lastReconcileMs: undefined })] }), true],
    ['a drain', snapshot({ state: 'draining' }), true],
  ])('%s', (_, state, ok) => {
    expect(liveness(state).ok).toBe(ok);
  });

  it('names what is wrong', () => {
    const { probes } = liveness(snapshot({ orders: [{ order: 'a1', startedMs: NOW - 61_000, deadlineMs: 1000 }] }));
    expect(probes).toEqual([{ name: 'order a1', ok: false, detail: 'running for 61 s' }]);
  });
});

describe('readiness', () => {
  it.each<[string, Partial<OfferingHealth>, boolean]>([
    ['connected and reconciled', { connected: true }, true],
    ['connected, but its orders were never read', { connected: true, lastReconcileMs: undefined }, false],
    ['only polling', { connected: false }, true],
    ['never reconciled', { lastReconcileMs: undefined }, false],
    ['it cannot do something essential', { connected: true, hindrances: [hindrance('backend')] }, false],
    ['it cannot do something else', { connected: true, hindrances: [hindrance('reports')] }, true],
  ])('%s', (_, changes, ok) => {
    expect(readiness(snapshot({ offerings: [offering(changes)] })).ok).toBe(ok);
  });

  it.each<[Partial<OfferingHealth>, string]>([
    [{}, 'not connected, reconciled 0 s ago'],
    [{ hindrances: [hindrance('calls')] }, 'not connected, reconciled 0 s ago; calls: X_DOWN'],
    [{ hindrances: [hindrance('reports')] }, 'not connected, reconciled 0 s ago'],
    [
      { lastReconcileMs: undefined, hindrances: [hindrance('orders')] },
      'not connected, never reconciled; orders: X_DOWN',
    ],
  ])('says why: %j', (changes, detail) => {
    const probe = readiness(snapshot({ offerings: [offering(changes)] })).probes[1];
    expect(probe?.detail).toBe(detail);
    expect(probe?.hindrances ?? []).toEqual(changes.hindrances ?? []);
  });

  it.each<[LifecycleState, boolean]>([
    ['starting', false],
    ['running', true],
    ['draining', false],
    ['closing', false],
    ['stopped', false],
  ])('while %s', (state, ok) => {
    expect(readiness(snapshot({ state })).ok).toBe(ok);
  });

  it('needs every offering', () => {
    const offerings = [offering({ name: 'a' }), offering({ name: 'b', lastReconcileMs: undefined })];
    const { ok, probes } = readiness(snapshot({ offerings }));
    expect(ok).toBe(false);
    expect(probes.map((probe) => [probe.name, probe.ok])).toEqual([
      ['process', true],
      ['offering a', true],
      ['offering b', false],
    ]);
  });
});
