import { describe, expect, it } from 'vitest';
import {
  type HealthSnapshot,
  type LifecycleState,
  liveness,
  type OfferingHealth,
  readiness,
} from '../../src/monitor/health.ts';

const NOW = 1_000_000;

function snapshot(changes: Partial<HealthSnapshot> = {}): HealthSnapshot {
  return { state: 'running', nowMs: NOW, supervisors: [], orders: [], offerings: [], ...changes };
}

function offering(changes: Partial<OfferingHealth> = {}): OfferingHealth {
  return {
    name: 'minio',
    connected: false,
    lastReconcileMs: NOW,
    reconcileIntervalMs: 1000,
    failing: undefined,
    blockedBy: undefined,
    backendPause: undefined,
    ...changes,
  };
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
    ['an offering nobody serves', snapshot({ offerings: [offering({ lastReconcileMs: undefined })] }), true],
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
    ['connected', { connected: true, lastReconcileMs: undefined }, true],
    ['connected, but our credentials are refused', { connected: true, blockedBy: 'WALDUR_UNAUTHORIZED' }, false],
    ['reconciled within two intervals', { lastReconcileMs: NOW - 2000 }, true],
    ['reconciled too long ago', { lastReconcileMs: NOW - 2001 }, false],
    ['never reconciled', { lastReconcileMs: undefined }, false],
  ])('%s', (_, changes, ok) => {
    expect(readiness(snapshot({ offerings: [offering(changes)] })).ok).toBe(ok);
  });

  it.each<[Partial<OfferingHealth>, string]>([
    [{}, 'not connected, reconciled 0 s ago'],
    [{ failing: 'WALDUR_FAILED' }, 'not connected, reconciled 0 s ago: WALDUR_FAILED'],
    [{ lastReconcileMs: undefined, failing: 'WALDUR_TLS' }, 'not connected, never reconciled: WALDUR_TLS'],
  ])('says why: %j', (changes, detail) => {
    expect(readiness(snapshot({ offerings: [offering(changes)] })).probes[1]?.detail).toBe(detail);
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
