import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRunning, type PlanInput, type PlanRules, planEnforcement } from '../../docker/enforcement/plan.ts';
import type { Container, Snapshot } from '../../docker/engine/types.ts';
import { itemsOf } from '../../docker/ownership/items.ts';
import { usageOf } from '../../docker/ownership/usage.ts';
import { ALICE, BOB, container, id, image, MIB, NOTHING, NOW, RULES, snapshot, volume } from './objects.ts';

const REMOVE: PlanRules = { mode: 'remove', order: 'newest_first', graceSeconds: 0, exemptLabel: 'qman.exempt' };
const mine = { 'qman.user': 'alice' };

function own(number: number, changes: Partial<Container> = {}): Container {
  return container(number, { labels: mine, createdAt: NOW - 100 + number, ...changes });
}

function planOf(
  containers: readonly Container[],
  limitMib: bigint,
  rules: Partial<PlanRules> = {},
  input: Partial<PlanInput & Snapshot> = {},
  known = NOTHING,
) {
  const snap = snapshot({ containers, ...(input.images && { images: input.images }) });
  const items = itemsOf(snap, known, RULES);
  const facts = {
    items,
    usage: usageOf(items, snap),
    limits: new Map([[ALICE, limitMib * 1024n]]),
    toldAt: new Map([[ALICE, NOW]]),
  };
  const [plan] = planEnforcement(
    { ...facts, spared: new Set(), tried: new Set(), now: NOW, ...input },
    { ...REMOVE, ...rules },
  );
  return { verdict: plan?.verdict, steps: plan?.steps.map((step) => `${step.action} ${step.name}`) ?? [], plan };
}

describe('the plan of enforcement', () => {
  it('does nothing up to the limit', () => {
    expect(planOf([own(1)], 1n)).toMatchObject({ verdict: 'ok', steps: [] });
    expect(planOf([own(1, { bytes: MIB + 1n })], 1n)).toMatchObject({ verdict: 'act', steps: ['remove c1'] });
  });

  it.each([
    ['newest_first', ['remove c3', 'remove c2']],
    ['oldest_first', ['remove c1', 'remove c2']],
    ['largest_first', ['remove c2']],
  ] as const)('removes %s, and no more than needed', (order, steps) => {
    expect(planOf([own(1), own(2, { bytes: 3n * MIB }), own(3)], 3n, { order }).steps).toEqual(steps);
  });

  it('removes nothing when removing all would not help: images stay', () => {
    const known = {
      ...NOTHING,
      layers: new Map([
        [
          id(1),
          {
            image: id(901),
            evidence: { uid: ALICE, method: 'pull' as const, event: '', at: 0, text: '', isDoubtful: false },
          },
        ],
      ]),
    };
    const images = [image(901, [1])];
    const result = planOf([own(1, { bytes: 1n })], 0n, {}, { images, limits: new Map([[ALICE, 1n]]) }, known);
    expect(result).toMatchObject({ verdict: 'unresolvable', steps: [] });
  });

  it('never touches another’s, an exempt one, one of no one, one under review, or one that would not help', () => {
    const big = { bytes: 10n * MIB };
    const containers = [
      own(1, { bytes: 5n * MIB }),
      own(2, { ...big, labels: { 'qman.user': 'bob' } }),
      own(3, { ...big, labels: { ...mine, 'qman.exempt': '' } }),
      own(4, { ...big, labels: {} }),
      own(5, big),
      own(6, { bytes: 0n }),
    ];
    const evidence = { uid: BOB, method: 'create' as const, event: '1.0:1', at: NOW, text: '', isDoubtful: false };
    const known = { ...NOTHING, containers: new Map([[id(5), evidence]]) };
    // 5 MiB that count and 10 exempt ones.
    expect(planOf(containers, 12n, {}, {}, known)).toMatchObject({ verdict: 'act', steps: ['remove c1'] });
    expect(planOf(containers, 9n, {}, {}, known)).toMatchObject({ verdict: 'unresolvable', steps: [] });
  });

  it('skips a user of whom a size is unknown, and says of what', () => {
    expect(planOf([own(1, { bytes: 9n * MIB }), own(2, { bytes: undefined })], 1n)).toMatchObject({
      verdict: 'unknown',
      steps: [],
      plan: { why: 'the size of container c2 is unknown' },
    });
  });

  it('gives time before the first removal, also after the mode was changed', () => {
    const containers = [own(1, { bytes: 9n * MIB })];
    const grace = { graceSeconds: 86_400 };
    expect(planOf(containers, 1n, grace)).toMatchObject({
      verdict: 'in-grace',
      steps: ['remove c1'],
      plan: { removalAfter: NOW + 86_400 },
    });
    expect(planOf(containers, 1n, grace, { now: NOW + 86_399 }).verdict).toBe('in-grace');
    expect(planOf(containers, 1n, grace, { now: NOW + 86_400 }).verdict).toBe('act');
    expect(planOf(containers, 1n, grace, { now: NOW + 86_400, toldAt: new Map() }).verdict).toBe('in-grace');
  });

  it('stops one running container in a pass, never the same twice', () => {
    const containers = [own(1, { bytes: 9n * MIB }), own(2), own(3, { state: 'exited' })];
    expect(planOf(containers, 1n, { mode: 'stop' }).steps).toEqual(['stop c2']);
    const stopped = containers.map((one) => ({ ...one, state: 'exited' }));
    expect(planOf(stopped, 1n, { mode: 'stop' })).toMatchObject({ verdict: 'stopped', steps: [] });
  });

  it('only looks in monitor mode, spares suspended accounts, and goes past what failed', () => {
    const containers = [own(1, { bytes: 9n * MIB }), own(2, { bytes: 9n * MIB })];
    expect(planOf(containers, 10n, { mode: 'monitor' })).toMatchObject({ verdict: 'monitored', steps: [] });
    expect(planOf(containers, 10n, {}, { spared: new Set([ALICE]) })).toMatchObject({ verdict: 'spared', steps: [] });
    expect(planOf(containers, 10n, {}, { tried: new Set([id(2)]) }).steps).toEqual(['remove c1']);
  });

  it('plans for each user with a limit, by uid, also for one without containers', () => {
    const theirs = container(2, { labels: { 'qman.user': 'bob' }, bytes: 3n * MIB });
    const snap = snapshot({ containers: [theirs, own(1)] });
    const items = itemsOf(snap, NOTHING, RULES);
    const plans = (uids: readonly (readonly [number, bigint])[]) =>
      planEnforcement(
        {
          items,
          usage: usageOf(items, snap),
          limits: new Map(uids),
          toldAt: new Map(),
          spared: new Set(),
          tried: new Set(),
          now: NOW,
        },
        REMOVE,
      ).map(({ uid, verdict, steps }) => [uid, verdict, steps.map(({ name }) => name)]);
    expect(
      plans([
        [BOB + 1, 5n],
        [BOB, 1024n],
        [ALICE, 1n],
      ]),
    ).toEqual([
      [ALICE, 'act', ['c1']],
      [BOB, 'act', ['c2']],
      [BOB + 1, 'ok', []],
    ]);
    expect(plans([[ALICE, 0n]])).toEqual([]);
    const volumes = usageOf(itemsOf(snapshot({ volumes: [volume('v', { labels: mine })] }), NOTHING, RULES), snap);
    expect(planOf([], 0n, {}, { usage: volumes, limits: new Map([[ALICE, 1n]]) }).verdict).toBe('unresolvable');
  });

  it('removes all containers when that is just enough, and nothing else', () => {
    const there = { containers: [own(1), own(2)], volumes: [volume('v', { labels: mine })] };
    const snap = snapshot(there);
    const items = itemsOf(snap, NOTHING, RULES);
    const facts = { items, usage: usageOf(items, snap) };
    expect(planOf([], 1n, {}, facts)).toMatchObject({ verdict: 'act', steps: ['remove c2', 'remove c1'] });
    const less = new Map([[ALICE, 1023n]]);
    expect(planOf([], 1n, {}, { ...facts, limits: less })).toMatchObject({ verdict: 'unresolvable', steps: [] });
  });

  it('says of a step what is removed, and whether it ran', () => {
    const [step] = planOf([own(1, { bytes: 9n * MIB, state: 'paused' })], 1n).plan?.steps ?? [];
    expect(step).toEqual({ action: 'remove', id: id(1), name: 'c1', image: 'app:1', bytes: 9n * MIB, isRunning: true });
    const [exited] = planOf([own(1, { bytes: 9n * MIB, state: 'exited' })], 1n).plan?.steps ?? [];
    expect(exited?.isRunning).toBe(false);
    expect(['running', 'paused', 'restarting', 'exited', 'created', 'dead'].filter(isRunning)).toEqual([
      'running',
      'paused',
      'restarting',
    ]);
  });

  it('goes by id where the order does not decide, and removes the last one when all are needed', () => {
    const same = { createdAt: NOW, bytes: 2n * MIB };
    const containers = [own(3, same), own(1, same), own(2, same)];
    for (const order of ['newest_first', 'oldest_first', 'largest_first'] as const) {
      expect(planOf(containers, 4n, { order }).steps).toEqual(['remove c1']);
      expect(planOf(containers, 0n, { order }, { limits: new Map([[ALICE, 1n]]) }).verdict).toBe('act');
    }
    const rest = own(4, { bytes: 0n });
    const { verdict, steps } = planOf([...containers, rest], 1n);
    expect([verdict, steps]).toEqual(['act', ['remove c1', 'remove c2', 'remove c3']]);
  });

  it('names three things of unknown size at most, and says when there is a time of removal at all', () => {
    const unknown = [1, 2, 3, 4].map((number) => own(number, { bytes: undefined }));
    expect(planOf(unknown, 1n).plan?.why).toBe('the size of container c1, container c2, container c3 is unknown');
    const over = [own(1, { bytes: 9n * MIB })];
    expect(planOf(over, 1n, { mode: 'stop', graceSeconds: 60 })).toMatchObject({
      verdict: 'act',
      plan: { removalAfter: undefined, excess: 8n * MIB, used: 9n * MIB, limitKib: 1024n },
    });
    expect(planOf(over, 1n, { mode: 'monitor' }).plan?.removalAfter).toBeUndefined();
    expect(planOf(over, 9n).plan).toMatchObject({ excess: 0n, removalAfter: NOW });
  });

  it('ends below the limit with nothing to spare, and is the same for any order of the list', () => {
    const sizes = fc.array(fc.tuple(fc.bigInt(0n, 20n), fc.nat(5)), { maxLength: 12 });
    const order = fc.constantFrom<PlanRules['order']>('newest_first', 'oldest_first', 'largest_first');
    fc.assert(
      fc.property(sizes, fc.bigInt(1n, 60n), order, (made, limit, chosen) => {
        const containers = made.map(([mib, age], at) => own(at, { bytes: mib * MIB, createdAt: NOW - age }));
        const { plan } = planOf(containers, limit, { order: chosen });
        const { plan: reversed } = planOf(containers.toReversed(), limit, { order: chosen });
        expect(reversed).toEqual(plan);
        if (plan?.verdict === 'ok') return;
        const freed = plan?.steps.map(({ bytes }) => bytes) ?? [];
        const left = (plan?.used ?? 0n) - freed.reduce((sum, bytes) => sum + bytes, 0n);
        expect(left).toBeLessThanOrEqual(limit * MIB);
        expect(left + (freed.at(-1) ?? 0n)).toBeGreaterThan(limit * MIB);
      }),
    );
  });
});
