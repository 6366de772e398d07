import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Image, Snapshot } from '../../docker/engine/types.ts';
import { attribute } from '../../docker/ownership/attribute.ts';
import { itemsOf, layerSizes } from '../../docker/ownership/items.ts';
import { reconcile } from '../../docker/ownership/reconcile.ts';
import { reviewQueue } from '../../docker/ownership/review.ts';
import type { Evidence, Known } from '../../docker/ownership/types.ts';
import { spaceOf, sumOf, usageOf } from '../../docker/ownership/usage.ts';
import { ALICE, BOB, container, id, image, MIB, NOTHING, NOW, RULES, seen, snapshot, use, volume } from './objects.ts';

function ownersOf(known: Known, snap: Snapshot): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(
    itemsOf(snap, known, RULES).map((item) => [`${item.kind} ${item.name}`, item.attribution.uid]),
  );
}

const evidence: Evidence = {
  uid: BOB,
  method: 'create',
  event: '1.0:1',
  at: NOW,
  text: 'docker run',
  isDoubtful: false,
};

describe('whose something is', () => {
  const claims = { override: undefined, label: undefined, labelUid: undefined, evidence: undefined };
  it('an operator decides before the label, and the label before the log', () => {
    const label = { label: 'bob', labelUid: BOB, evidence };
    expect(attribute({ ...claims, ...label, override: { uid: ALICE, by: 'cli', at: NOW } }, true)).toMatchObject({
      uid: ALICE,
      how: 'override',
      counts: true,
    });
    expect(attribute({ ...claims, ...label }, true)).toMatchObject({ uid: BOB, how: 'label', counts: true });
    expect(attribute({ ...claims, evidence }, true)).toMatchObject({ uid: BOB, how: 'audit', counts: true, evidence });
    expect(attribute(claims, true)).toMatchObject({ uid: undefined, counts: false });
  });

  it('a label that the log contradicts is flagged and counts for no one, or the log decides', () => {
    const spoofed = { ...claims, label: 'alice', labelUid: ALICE, evidence };
    expect(attribute(spoofed, true)).toMatchObject({ uid: ALICE, conflict: 'label-and-audit-differ', counts: false });
    expect(attribute(spoofed, false)).toMatchObject({ uid: BOB, conflict: 'label-and-audit-differ', counts: true });
    const unknown = { ...claims, label: 'nobody-here', evidence };
    expect(attribute(unknown, true)).toMatchObject({ uid: BOB, conflict: 'label-names-no-user', counts: false });
    expect(attribute({ ...unknown, evidence: undefined }, true)).toMatchObject({ uid: undefined, counts: false });
  });

  it('two users creating containers within two minutes are told apart by name and image, not by time', () => {
    const snap = snapshot({
      containers: [
        container(1, { name: 'web', image: 'nginx', createdAt: NOW }),
        container(2, { name: 'db', image: 'postgres', createdAt: NOW }),
        container(3, { name: 'quick_wing', image: 'redis', createdAt: NOW }),
      ],
    });
    const uses = [
      use({ uid: BOB, at: NOW, name: 'db', refs: ['docker.io/library/postgres:latest'] }),
      use({ uid: ALICE, at: NOW - 100, name: 'web', refs: ['docker.io/library/nginx:latest'] }),
      use({ uid: BOB, at: NOW - 90, refs: ['docker.io/library/redis:latest'] }),
      use({ uid: ALICE, at: NOW, refs: ['docker.io/library/alpine:latest'] }),
    ];
    expect(ownersOf(reconcile(NOTHING, seen({ snapshot: snap, uses })), snap)).toEqual({
      'container web': ALICE,
      'container db': BOB,
      'container quick_wing': BOB,
    });
  });

  it('the same command of two people within seconds is doubtful; one use makes one container', () => {
    const snap = snapshot({ containers: [container(1, { createdAt: NOW }), container(2, { createdAt: NOW + 60 })] });
    const refs = ['docker.io/library/app:1'];
    const apart = reconcile(
      NOTHING,
      seen({ snapshot: snap, uses: [use({ uid: ALICE, at: NOW, refs }), use({ uid: BOB, at: NOW + 60, refs })] }),
    );
    expect(itemsOf(snap, apart, RULES).map(({ attribution }) => [attribution.uid, attribution.counts])).toEqual([
      [ALICE, true],
      [BOB, true],
    ]);
    const near = reconcile(
      NOTHING,
      seen({ snapshot: snap, uses: [use({ uid: ALICE, at: NOW, refs }), use({ uid: BOB, at: NOW + 1, refs })] }),
    );
    expect(itemsOf(snap, near, RULES)[0]?.attribution).toMatchObject({
      conflict: 'two-people-did-the-same',
      counts: false,
    });
    const one = reconcile(NOTHING, seen({ snapshot: snap, uses: [use({ uid: ALICE, at: NOW, refs })] }));
    expect([...one.containers.keys()]).toEqual([id(1)]);
  });

  it('a use beyond the time, of other labels or of root makes nothing', () => {
    const snap = snapshot({ containers: [container(1)] });
    const owner = (changes: Parameters<typeof use>[0]): unknown =>
      ownersOf(reconcile(NOTHING, seen({ snapshot: snap, uses: [use(changes)] })), snap)['container c1'];
    expect(owner({})).toBe(ALICE);
    expect(owner({ at: NOW - 121 })).toBeUndefined();
    expect(owner({ labels: { a: 'b' } })).toBeUndefined();
    expect(owner({ verb: 'pull' })).toBeUndefined();
    expect(owner({ uid: 0 })).toBeUndefined();
  });

  it('a label that came with the image says nothing about who made the container', () => {
    const labels = { 'qman.user': 'bob' };
    const snap = snapshot({ containers: [container(1, { labels })], images: [image(900, [1], { labels })] });
    expect(ownersOf(NOTHING, snap)['container c1']).toBeUndefined();
    expect(ownersOf(NOTHING, { ...snap, images: [] })['container c1']).toBe(BOB);
  });

  it('is kept when uses are forgotten, and dropped with the object', () => {
    const snap = snapshot({ containers: [container(1)], images: [image(900, [1])], volumes: [volume('v')] });
    const first = reconcile(NOTHING, seen({ snapshot: snap, uses: [use({}), use({ verb: 'volume', name: 'v' })] }));
    const second = reconcile(first, seen({ snapshot: snap, now: NOW + 100_000 }));
    expect(ownersOf(second, snap)).toMatchObject({ 'container c1': ALICE, 'volume v': ALICE });
    const third = reconcile(
      { ...second, overrides: new Map([[`container/${id(1)}`, { uid: BOB, by: 'x', at: 1 }]]) },
      seen({}),
    );
    expect([
      third.containers.size,
      third.images.size,
      third.layers.size,
      third.volumes.size,
      third.overrides.size,
    ]).toEqual([0, 0, 0, 0, 0]);
  });

  it('a volume belongs to whom the container does that it was made with, never to a later one', () => {
    const mounting = (number: number, createdAt: number) => container(number, { volumes: ['v'], createdAt });
    const snap = snapshot({ containers: [mounting(1, NOW + 500), mounting(2, NOW + 1)], volumes: [volume('v')] });
    const made = reconcile(
      NOTHING,
      seen({ snapshot: snap, uses: [use({ uid: BOB, at: NOW + 1 }), use({ uid: ALICE, at: NOW + 500 })] }),
    );
    expect(made.volumes.get('v')).toMatchObject({ uid: BOB, method: 'mount', event: id(2) });
    const later = snapshot({ containers: [mounting(1, NOW + 500)], volumes: [volume('v')] });
    expect(reconcile(NOTHING, seen({ snapshot: later, uses: [use({ at: NOW + 500 })] })).volumes.size).toBe(0);
  });
});

describe('layers of images', () => {
  const pulled = (number: number, at: number) => ({
    at,
    type: 'image',
    action: 'pull',
    id: `i${number}:1`,
    attributes: {},
  });
  const ref = (number: number): readonly string[] => [`docker.io/library/i${number}:1`];

  it('belong to whoever had them first; a later pull owns what is new', () => {
    const snap = snapshot({ images: [image(901, [1, 2]), image(902, [1, 3])] });
    const uses = [
      use({ verb: 'pull', uid: BOB, at: NOW, refs: ref(902) }),
      use({ verb: 'pull', at: NOW - 50, refs: ref(901) }),
    ];
    const known = reconcile(
      NOTHING,
      seen({ snapshot: snap, uses, events: [pulled(902, NOW + 5), pulled(901, NOW - 20)] }),
    );
    const items = itemsOf(snap, known, RULES);
    expect(items.map((item) => [item.id, item.attribution.uid])).toEqual([
      [id(1), ALICE],
      [id(2), ALICE],
      [id(3), BOB],
    ]);
    // The first image goes; what the second still uses of it stays with who brought it.
    const rest = snapshot({ images: [image(902, [1, 3])] });
    const after = itemsOf(rest, reconcile(known, seen({ snapshot: rest, now: NOW + 9999 })), RULES);
    expect(after.map((item) => [item.id, item.attribution.uid])).toEqual([
      [id(1), ALICE],
      [id(3), BOB],
    ]);
  });

  it('that were there before the first look are no one’s, also when someone pulls them again', () => {
    const snap = snapshot({ images: [image(901, [1], { createdAt: NOW - 1_000_000 })] });
    const again = seen({
      snapshot: snap,
      uses: [use({ verb: 'pull', refs: ref(901) })],
      events: [pulled(901, NOW + 5)],
    });
    const first = reconcile({ ...NOTHING, hasBegun: false }, again);
    expect(ownersOf(reconcile(first, again), snap)).toEqual({ 'layer i901:1': undefined });
    expect(ownersOf(reconcile(NOTHING, again), snap)).toEqual({ 'layer i901:1': ALICE });
  });

  it('wait for their event some minutes, and no longer', () => {
    const snap = snapshot({ images: [image(901, [1], { createdAt: NOW - 1_000_000 })] });
    const uses = [use({ verb: 'pull', refs: ref(901) })];
    const first = reconcile(NOTHING, seen({ snapshot: snap, uses }));
    expect(first.images.get(id(901))).toMatchObject({ isOpen: true });
    const second = reconcile(first, seen({ snapshot: snap, uses, events: [pulled(901, NOW + 5)], now: NOW + 120 }));
    expect(second.images.get(id(901))).toMatchObject({ isOpen: false, evidence: { uid: ALICE, method: 'pull' } });
    const late = reconcile(first, seen({ snapshot: snap, now: NOW + 2000 }));
    expect(late.images.get(id(901))).toMatchObject({ isOpen: false });
  });

  it('that `docker run` fetched belong to who ran it', () => {
    const snap = snapshot({
      containers: [container(1, { image: 'i901:1', imageId: id(901), createdAt: NOW + 30 })],
      images: [image(901, [1], { createdAt: NOW - 1_000_000 })],
    });
    const known = reconcile(
      NOTHING,
      seen({ snapshot: snap, uses: [use({ refs: ref(901) })], events: [pulled(901, NOW + 20)] }),
    );
    expect(known.images.get(id(901))?.evidence).toMatchObject({ uid: ALICE, method: 'pull' });
  });

  it('built here have the time of their making when their event is lost', () => {
    const snap = snapshot({ images: [image(901, [1])] });
    const uses = [
      use({ verb: 'build', at: NOW - 300, refs: ref(901) }),
      use({ verb: 'pull', uid: BOB, at: NOW, refs: ref(901) }),
    ];
    expect(ownersOf(reconcile(NOTHING, seen({ snapshot: snap, uses })), snap)).toEqual({ 'layer i901:1': ALICE });
  });

  it('of an override are all that the image had first', () => {
    const snap = snapshot({ images: [image(901, [1, 2]), image(902, [1, 3])] });
    const known = reconcile(NOTHING, seen({ snapshot: snap, events: [pulled(901, NOW)] }));
    const decided = { ...known, overrides: new Map([[`image/${id(901)}`, { uid: BOB, by: 'x', at: NOW }]]) };
    expect(itemsOf(snap, decided, RULES).map(({ attribution }) => attribution.uid)).toEqual([BOB, BOB, undefined]);
  });

  it('of a history that says nothing count together, once', () => {
    const unsized = (one: Image, bytes: bigint): Image => ({
      ...one,
      bytes,
      layers: one.layers.map((layer) => ({ ...layer, bytes: undefined })),
    });
    const sizes = layerSizes([
      image(901, [1, 2]),
      {
        ...unsized(image(902, [3, 4]), 7n * MIB),
        layers: [...image(901, [1]).layers, ...unsized(image(0, [3, 4]), 0n).layers],
      },
    ]);
    expect([...sizes.values()]).toEqual([MIB, MIB, 0n, 6n * MIB]);
    // Shared between two images of which neither says: unknown stays unknown.
    expect([...layerSizes([unsized(image(1, [1, 2]), 5n), unsized(image(2, [1, 3]), 6n)]).values()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('usage', () => {
  const label = (name: string) => ({ labels: { 'qman.user': name } });

  it('counts a shared layer once, and the engine’s own sum is the whole', () => {
    const snap = snapshot({
      containers: [container(1, { ...label('alice'), bytes: 3n * MIB }), container(2, { bytes: MIB })],
      images: [image(901, [1, 2]), image(902, [1, 3])],
      volumes: [volume('v', { ...label('bob'), bytes: 2n * MIB })],
      layerBytes: 4n * MIB,
    });
    const usage = usageOf(itemsOf(snap, NOTHING, RULES), snap);
    expect(usage.users.get(ALICE)).toMatchObject({ containers: 3n * MIB, total: 3n * MIB, counted: 3n * MIB });
    expect(usage.unattributed).toEqual({ containers: MIB, layers: 4n * MIB, volumes: 0n });
    expect(usage.used).toBe(10n * MIB);
    expect(spaceOf(usage, [10n * 1024n], undefined)).toEqual({ total: 15n * MIB, used: 10n * MIB, free: 5n * MIB });
    expect(spaceOf(usage, [], 8n * MIB)).toEqual({ total: 8n * MIB, used: 10n * MIB, free: 0n });
    expect(spaceOf(usageOf([], snapshot()), [], undefined)).toEqual({ total: 1n, used: 0n, free: 1n });
  });

  it('does not believe the sum of the containerd store', () => {
    const snap = snapshot({ images: [image(901, [1])], layerBytes: 100n * MIB });
    const items = itemsOf(snap, NOTHING, RULES);
    expect(usageOf(items, snap).used).toBe(100n * MIB);
    expect(usageOf(items, { ...snap, info: { ...snap.info, store: 'containerd' } }).used).toBe(MIB);
  });

  it('keeps what is unknown unknown, and what waits for review apart', () => {
    const snap = snapshot({
      containers: [container(1, { ...label('alice'), bytes: undefined }), container(2, label('bob'))],
      volumes: [volume('v', { ...label('alice'), bytes: undefined })],
    });
    const known = { ...NOTHING, containers: new Map([[id(2), { ...evidence, uid: ALICE }]]) };
    const items = itemsOf(snap, known, RULES);
    const usage = usageOf(items, snap);
    expect(usage.users.get(ALICE)?.unknown).toEqual(['container c1', 'volume v']);
    expect(usage.users.get(BOB)).toMatchObject({ total: MIB, counted: 0n });
    expect(reviewQueue(items, []).map(({ item, reason }) => [item.name, reason])).toEqual([
      ['c2', 'label-and-audit-differ'],
    ]);
  });

  it('of all users and of no one is what the engine holds, whatever there is', () => {
    const size = fc.bigInt(0n, 2n ** 40n);
    const owner = fc.constantFrom('alice', 'bob', 'nobody', '1005', '');
    const arbitrary = fc.record({
      containers: fc.array(fc.tuple(size, owner), { maxLength: 20 }),
      layers: fc.array(fc.array(fc.nat(30), { maxLength: 6 }), { maxLength: 10 }),
      volumes: fc.array(fc.tuple(size, owner), { maxLength: 10 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ containers, layers, volumes }) => {
        const images = layers.map((ids, at) => image(901 + at, [...new Set(ids)]));
        const snap = snapshot({
          containers: containers.map(([bytes, name], at) => container(at, { bytes, ...label(name) })),
          images,
          volumes: volumes.map(([bytes, name], at) => volume(`v${at}`, { bytes, ...label(name) })),
        });
        const usage = usageOf(itemsOf(snap, NOTHING, RULES), snap);
        const distinct = BigInt(new Set(layers.flat()).size) * MIB;
        const written = [...containers, ...volumes].reduce((sum, [bytes]) => sum + bytes, 0n);
        expect(usage.used).toBe(distinct + written);
        const users = [...usage.users.values()].reduce((sum, { total }) => sum + total, 0n);
        expect(users + sumOf(usage.unattributed)).toBe(usage.used);
      }),
    );
  });

  it('shows who used the socket when something came that is no one’s', () => {
    const snap = snapshot({ containers: [container(1)] });
    const socket = { event: '1.0:9', at: NOW + 1, uid: BOB, exe: '/usr/bin/python3' };
    expect(reviewQueue(itemsOf(snap, NOTHING, RULES), [socket, { ...socket, at: NOW - 100 }])).toMatchObject([
      { reason: 'unattributed', nearby: [{ uid: BOB, exe: '/usr/bin/python3' }] },
    ]);
  });
});
