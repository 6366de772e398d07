import { describe, expect, it } from 'vitest';
import type { Image } from '../../docker/engine/types.ts';
import { attribute } from '../../docker/ownership/attribute.ts';
import { itemsOf, layerSizes, ownerOfContainer } from '../../docker/ownership/items.ts';
import type { Evidence } from '../../docker/ownership/types.ts';
import { ALICE, BOB, container, id, image, MIB, NOTHING, NOW, RULES, snapshot, volume } from './objects.ts';

const of = (uid: number): Evidence => {
  return { uid, method: 'create', event: '1.0:1', at: NOW, text: 'docker run', isDoubtful: false };
};
const doubtful: Evidence = { ...of(BOB), isDoubtful: true };
const mine = { labels: { 'qman.user': 'alice' } };

describe('claims', () => {
  const none = { override: undefined, label: undefined, labelUid: undefined, evidence: undefined };
  const label = { label: 'alice', labelUid: ALICE };
  const unknown = { label: 'ghost', labelUid: undefined };
  const differ = 'label-and-audit-differ';
  const nameless = 'label-names-no-user';
  const twice = 'two-people-did-the-same';
  it.each<[string, Parameters<typeof attribute>[0], boolean, object]>([
    ['of none', none, true, { uid: undefined, how: undefined, counts: false }],
    ['of the log', { ...none, evidence: of(BOB) }, true, { uid: BOB, how: 'audit', counts: true }],
    [
      'of a doubtful log',
      { ...none, evidence: doubtful },
      true,
      { uid: BOB, how: 'audit', counts: false, conflict: twice },
    ],
    ['of the label', { ...none, ...label }, false, { uid: ALICE, how: 'label', counts: true }],
    ['of both, alike', { ...none, ...label, evidence: of(ALICE) }, true, { uid: ALICE, how: 'label', counts: true }],
    [
      'of both, unlike',
      { ...none, ...label, evidence: of(BOB) },
      true,
      { uid: ALICE, how: 'label', counts: false, conflict: differ },
    ],
    [
      'of both, unlike, where the log decides',
      { ...none, ...label, evidence: of(BOB) },
      false,
      { uid: BOB, how: 'audit', counts: true, conflict: differ },
    ],
    [
      'of a label without a user',
      { ...none, ...unknown },
      true,
      { uid: undefined, how: undefined, counts: false, conflict: nameless },
    ],
    [
      'of a label without a user, where the log would decide',
      { ...none, ...unknown },
      false,
      { uid: undefined, how: undefined, counts: false, conflict: nameless },
    ],
    [
      'of a label without a user and the log',
      { ...none, ...unknown, evidence: of(BOB) },
      true,
      { uid: BOB, how: 'audit', counts: false, conflict: nameless },
    ],
    [
      'of a label without a user and the log, which decides',
      { ...none, ...unknown, evidence: of(BOB) },
      false,
      { uid: BOB, how: 'audit', counts: true, conflict: nameless },
    ],
    [
      'of an operator',
      { ...none, ...unknown, evidence: doubtful, override: { uid: ALICE, by: 'x', at: 1 } },
      true,
      { uid: ALICE, how: 'override', counts: true },
    ],
  ])('%s', (_, claims, trustLabel, expected) => {
    const facts = { label: claims.label, evidence: claims.evidence };
    const stated = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
    expect(attribute(claims, trustLabel)).toStrictEqual({ ...stated, ...expected });
  });
});

describe('every item', () => {
  it('says what it is and whose', () => {
    const snap = snapshot({
      containers: [container(1, mine)],
      images: [image(901, [1])],
      volumes: [volume('v', { bytes: undefined }), volume('w', mine)],
    });
    const known = {
      ...NOTHING,
      layers: new Map([[id(1), { image: id(901), evidence: of(BOB) }]]),
      volumes: new Map([['v', of(BOB)]]),
    };
    expect(itemsOf(snap, known, RULES)).toMatchObject([
      {
        kind: 'container',
        id: id(1),
        name: 'c1',
        bytes: MIB,
        container: snap.containers[0],
        attribution: { uid: ALICE },
      },
      { kind: 'layer', id: id(1), name: 'i901:1', bytes: MIB, image: id(901), attribution: { uid: BOB } },
      { kind: 'volume', id: 'v', name: 'v', bytes: undefined, attribution: { uid: BOB } },
      { kind: 'volume', id: 'w', name: 'w', bytes: MIB, attribution: { uid: ALICE } },
    ]);
  });

  it('of root or a service belongs to none', () => {
    const snap = snapshot({ containers: [container(1)], images: [image(901, [1])], volumes: [volume('v')] });
    const known = {
      ...NOTHING,
      containers: new Map([[id(1), of(0)]]),
      layers: new Map([[id(1), { image: id(901), evidence: of(999) }]]),
      volumes: new Map([['v', of(0)]]),
    };
    const uids = itemsOf(snap, known, RULES).map(({ attribution }) => attribution.uid);
    expect(uids).toEqual([undefined, undefined, undefined]);
  });

  it('may be decided by an operator, a layer with the image that had it first', () => {
    const snap = snapshot({ containers: [container(1)], images: [image(901, [1, 2])], volumes: [volume('v')] });
    const decided = (key: string) => [key, { uid: BOB, by: 'x', at: 1 }] as const;
    const known = {
      ...NOTHING,
      layers: new Map([[id(1), { image: id(901) }]]),
      overrides: new Map([decided(`container/${id(1)}`), decided(`image/${id(901)}`), decided('volume/v')]),
    };
    expect(itemsOf(snap, known, RULES).map(({ kind, attribution }) => [kind, attribution.uid])).toEqual([
      ['container', BOB],
      ['layer', BOB],
      ['layer', undefined],
      ['volume', BOB],
    ]);
  });

  it('that is a layer is named after the image that had it first, or by its id when that is gone or unnamed', () => {
    const snap = snapshot({ images: [image(902, [1, 2]), image(903, [3], { refs: [] })] });
    const known = {
      ...NOTHING,
      layers: new Map([
        [id(1), { image: id(901) }],
        [id(2), { image: id(902) }],
        [id(3), { image: id(903) }],
      ]),
    };
    const names = itemsOf(snap, known, RULES).map(({ name }) => name);
    expect(names).toEqual([id(901).slice(0, 12), 'i902:1', id(903).slice(0, 12)]);
  });
});

describe('the label of a container', () => {
  const owner = (labels: Readonly<Record<string, string>>, images: readonly Image[], evidence?: Evidence) => {
    const known = { ...NOTHING, containers: new Map(evidence === undefined ? [] : [[id(1), evidence]]) };
    const byId = new Map(images.map((one) => [one.id, one]));
    return ownerOfContainer(container(1, { labels }), byId, known, RULES);
  };
  it('counts unless its image has the same', () => {
    expect(owner(mine.labels, []).uid).toBe(ALICE);
    expect(owner(mine.labels, [image(900, [])]).uid).toBe(ALICE);
    expect(owner(mine.labels, [image(900, [], { labels: { 'qman.user': 'bob' } })]).uid).toBe(ALICE);
    expect(owner(mine.labels, [image(900, [], mine)]).uid).toBeUndefined();
    expect(owner(mine.labels, [image(901, [], mine)]).uid).toBe(ALICE);
  });

  it('may name no user, and the log may name one without it', () => {
    expect(owner({ 'qman.user': 'ghost' }, [])).toMatchObject({ uid: undefined, conflict: 'label-names-no-user' });
    expect(owner({}, [], of(BOB))).toMatchObject({ uid: BOB, how: 'audit' });
  });
});

describe('the size of layers', () => {
  const sized = (
    number: number,
    bytes: bigint | undefined,
    ...layers: readonly (readonly [number, bigint?])[]
  ): Image => {
    return image(number, [], { bytes, layers: layers.map(([layer, size]) => ({ id: id(layer), bytes: size })) });
  };
  it.each<[string, readonly Image[], readonly (bigint | undefined)[]]>([
    ['that are known', [sized(901, 9n, [1, 2n], [2, 3n])], [2n, 3n]],
    ['that another image knows', [sized(901, 9n, [1]), sized(902, 9n, [1, 2n])], [2n]],
    ['that was known first', [sized(901, 9n, [1, 2n]), sized(902, 9n, [1])], [2n]],
    ['that is the rest', [sized(901, 9n, [1, 2n], [2], [3])], [2n, 0n, 7n]],
    ['of which nothing is left', [sized(901, 2n, [1, 2n], [2])], [2n, 0n]],
    ['that are more than the image', [sized(901, 1n, [1, 2n], [2])], [2n, 0n]],
    ['of an image of unknown size', [sized(901, undefined, [1, 2n], [2])], [2n, undefined]],
    ['that two images share', [sized(901, 9n, [1], [2]), sized(902, 9n, [1])], [undefined, undefined]],
  ])('%s', (_, images, sizes) => {
    expect([...layerSizes(images).values()]).toEqual(sizes);
  });
});
