import { describe, expect, it } from 'vitest';
import { LOOK_BACK_SECONDS } from '../../docker/audit/audit-tail.ts';
import type { Container, EngineEvent, Image, Volume } from '../../docker/engine/types.ts';
import { reconcile, type Seen } from '../../docker/ownership/reconcile.ts';
import type { Evidence, Known, KnownImage } from '../../docker/ownership/types.ts';
import { ALICE, BOB, container, id, image, NOTHING, NOW, seen, snapshot, use, volume } from './objects.ts';

interface There {
  readonly containers?: readonly Container[];
  readonly images?: readonly Image[];
  readonly volumes?: readonly Volume[];
}

function look(there: There, changes: Partial<Seen> = {}, known: Known = NOTHING): Known {
  return reconcile(known, seen({ snapshot: snapshot(there), now: NOW, ...changes }));
}

function event(action: string, number: number, at: number): EngineEvent {
  return { at, type: 'image', action, id: action === 'pull' ? `i${number}:1` : `sha256:${id(number)}`, attributes: {} };
}

const made: Evidence = { uid: BOB, method: 'create', event: '9.0:9', at: NOW, text: 'docker run', isDoubtful: false };
const ref = 'docker.io/library/i901:1';
const BEFORE = NOW - LOOK_BACK_SECONDS;

describe('a container', () => {
  const owner = (changes: Partial<Container>, of: Parameters<typeof use>[0] = {}, known?: Known) =>
    look({ containers: [container(1, changes)] }, { uses: [use({ at: NOW, ...of })] }, known).containers.get(id(1))
      ?.uid;

  it('is looked for as long as uses are remembered', () => {
    expect(owner({ createdAt: BEFORE + 1 }, { at: BEFORE + 1 })).toBe(ALICE);
    expect(owner({ createdAt: BEFORE }, { at: BEFORE + 1 })).toBeUndefined();
  });

  it('named by the id of its image may be of any', () => {
    const other = { refs: ['docker.io/library/other:1'] };
    expect(owner({ image: 'app:1' }, other)).toBeUndefined();
    expect(owner({ image: id(900) }, other)).toBe(ALICE);
    expect(owner({ image: `sha256:${id(900)}` }, other)).toBe(ALICE);
  });

  it('keeps its owner, and a use that made something makes nothing else', () => {
    const containers = new Map([[id(1), made]]);
    expect(owner({}, {}, { ...NOTHING, containers })).toBe(BOB);
    const used = { event: made.event };
    expect(owner({}, used)).toBe(ALICE);
    expect(owner({}, used, { ...NOTHING, containers: new Map([[id(2), made]]) })).toBeUndefined();
    expect(owner({}, used, { ...NOTHING, volumes: new Map([['v', made]]) })).toBeUndefined();
    const images = new Map([[id(901), { seenAt: NOW, isOpen: false, evidence: made }]]);
    expect(owner({}, used, { ...NOTHING, images })).toBeUndefined();
  });
});

describe('an image', () => {
  const [one, old] = [image(901, [1]), image(901, [1], { createdAt: BEFORE })];
  const first = { ...NOTHING, hasBegun: false };
  const open: KnownImage = { seenAt: NOW - 60, isOpen: true };
  const known = (changes: Partial<KnownImage>): Known => ({
    ...NOTHING,
    images: new Map([[id(901), { ...open, ...changes }]]),
  });
  const imageAfter = (...args: Parameters<typeof look>): KnownImage | undefined => look(...args).images.get(id(901));

  it('that was there at the first look is open only when it is young, and else came in no way', () => {
    const events = [event('load', 901, NOW)];
    const young = image(901, [1], { createdAt: BEFORE + 1 });
    expect(imageAfter({ images: [young] }, { events }, first)).toEqual({
      seenAt: NOW,
      isOpen: true,
      origin: { method: 'load', at: NOW },
    });
    expect(imageAfter({ images: [old] }, { events }, first)).toEqual({ seenAt: NOW, isOpen: false });
    expect(imageAfter({ images: [old] }, { events })).toMatchObject({ isOpen: true, origin: { method: 'load' } });
    expect(imageAfter({ images: [old] })).toEqual({ seenAt: NOW, isOpen: true });
  });

  it('keeps how it came, and learns it only while it is open', () => {
    const events = [event('load', 901, NOW)];
    const origin = { method: 'pull', at: 5 } as const;
    expect(imageAfter({ images: [one] }, { events }, known({ origin }))?.origin).toEqual(origin);
    expect(imageAfter({ images: [one] }, { events }, known({}))?.origin).toEqual({ method: 'load', at: NOW });
    expect(imageAfter({ images: [one] }, { events }, known({ isOpen: false }))).toStrictEqual({
      ...open,
      isOpen: false,
    });
  });

  it('is open for a quarter of an hour, or until its owner is known', () => {
    const isOpen = (age: number) => imageAfter({ images: [old] }, {}, known({ seenAt: NOW - age }))?.isOpen;
    expect([isOpen(899), isOpen(900)]).toEqual([true, false]);
    expect(imageAfter({ images: [old] }, {}, known({ evidence: made }))).toEqual({
      ...open,
      isOpen: false,
      evidence: made,
    });
    expect(imageAfter({ images: [old] }, {}, known({ isOpen: false }))?.isOpen).toBe(false);
  });

  it.each(['pull', 'build', 'commit', 'import', 'load'] as const)(
    'that came by %s is of who asked for that',
    (method) => {
      const origin = { method, at: NOW };
      for (const verb of ['pull', 'build', 'commit', 'import', 'load'] as const) {
        const uses = [use({ verb, at: NOW, refs: verb === 'load' ? [] : [ref] })];
        const evidence = imageAfter({ images: [old] }, { uses }, known({ origin }))?.evidence;
        expect(evidence?.method).toBe(verb === method ? method : undefined);
      }
    },
  );

  it('that came by load is not looked for by its name', () => {
    const uses = [use({ verb: 'load', at: NOW, refs: ['docker.io/library/other:1'] })];
    const came = (method: 'load' | 'pull') =>
      imageAfter(
        { images: [old] },
        { uses: uses.map((one) => ({ ...one, verb: method })) },
        known({ origin: { method, at: NOW } }),
      );
    expect([came('load')?.evidence?.uid, came('pull')?.evidence?.uid]).toEqual([ALICE, undefined]);
  });

  it('without an event was made here when it is young', () => {
    const uses = [use({ verb: 'import', at: BEFORE + 1, refs: [ref] })];
    const young = image(901, [1], { createdAt: BEFORE + 1 });
    expect(imageAfter({ images: [young] }, { uses })?.evidence).toMatchObject({ uid: ALICE, method: 'build' });
    expect(imageAfter({ images: [old] }, { uses })?.evidence).toBeUndefined();
    expect(imageAfter({ images: [young] }, { uses }, known({ isOpen: false }))?.evidence).toBeUndefined();
    expect(imageAfter({ images: [young] }, { uses }, known({ evidence: made }))?.evidence).toEqual(made);
  });
});

describe('an image that `docker run` fetched', () => {
  const one = container(1, { imageId: id(901), createdAt: NOW });
  const run: Known['containers'] = new Map([[id(1), { ...made, at: NOW - 30 }]]);
  const evidenceOf = (changes: Partial<KnownImage>, containers = run) =>
    look(
      { containers: [one], images: [image(901, [1], { createdAt: BEFORE })] },
      {},
      {
        ...NOTHING,
        containers,
        images: new Map([[id(901), { seenAt: NOW, isOpen: true, origin: { method: 'pull', at: NOW }, ...changes }]]),
      },
    ).images.get(id(901))?.evidence;
  const pulledAt = (at: number) => evidenceOf({ origin: { method: 'pull', at } });

  it('is of who ran it', () => {
    expect(evidenceOf({})).toEqual({ ...made, at: NOW - 30, method: 'pull' });
    const settled = { ...made, uid: ALICE };
    expect(evidenceOf({ evidence: settled })).toEqual(settled);
  });

  it('came between the command and the container, give or take ten seconds', () => {
    expect([NOW - 40, NOW + 10].map((at) => pulledAt(at)?.uid)).toEqual([BOB, BOB]);
    expect([NOW - 41, NOW + 11].map(pulledAt)).toEqual([undefined, undefined]);
  });

  it.each<[string, Partial<KnownImage>]>([
    ['that was made here', { origin: { method: 'build', at: NOW } }],
    ['whose owner is not looked for any more', { isOpen: false }],
  ])('is none %s', (_, changes) => {
    expect(evidenceOf(changes)).toBeUndefined();
  });

  it('is none when who made the container is unknown', () => {
    expect(evidenceOf({}, new Map())).toBeUndefined();
  });
});

describe('a volume', () => {
  const mounting = (number: number, createdAt: number): Container => container(number, { volumes: ['v'], createdAt });
  const owner = (containers: readonly Container[], known: Partial<Known> = {}, changes: Partial<Seen> = {}) =>
    look({ containers, volumes: [volume('v')] }, changes, {
      ...NOTHING,
      containers: new Map(containers.map((one) => [one.id, made])),
      ...known,
    }).volumes.get('v');

  it('is looked for as long as uses are remembered, and keeps its owner', () => {
    const at = (createdAt: number) =>
      look({ volumes: [volume('v', { createdAt })] }, { uses: [use({ verb: 'volume', name: 'v', at: BEFORE + 1 })] });
    expect(at(BEFORE + 1).volumes.get('v')).toMatchObject({ uid: ALICE, method: 'volume' });
    expect(at(BEFORE).volumes.size).toBe(0);
    const uses = [use({ verb: 'volume', name: 'v', at: NOW })];
    expect(owner([], { volumes: new Map([['v', made]]) }, { uses })).toEqual(made);
  });

  it('is of the first container within two minutes that mounts it', () => {
    const mount = { uid: BOB, method: 'mount', isDoubtful: false };
    expect(owner([mounting(1, NOW + 120)])).toEqual({
      ...mount,
      event: id(1),
      at: NOW + 120,
      text: 'with container c1',
    });
    expect(owner([mounting(1, NOW - 120)])?.event).toBe(id(1));
    expect(owner([mounting(1, NOW + 5), mounting(2, NOW + 3)])?.event).toBe(id(2));
    expect(owner([mounting(1, NOW + 121), mounting(2, NOW - 121)])).toBeUndefined();
    expect(owner([container(1, { volumes: ['w'] })])).toBeUndefined();
  });

  it('is of none when its container is', () => {
    expect(owner([mounting(1, NOW), mounting(2, NOW + 1)], { containers: new Map([[id(2), made]]) })).toBeUndefined();
  });
});

describe('a layer', () => {
  const holders = (images: readonly Image[], known: Partial<Known> = {}) =>
    [...look({ images }, {}, { ...NOTHING, ...known }).layers].map(([layer, { image: holder }]) => [layer, holder]);
  const seenAt = (number: number, at: number, origin?: number): readonly [string, KnownImage] => {
    const came = origin === undefined ? {} : { origin: { method: 'pull', at: origin } as const };
    return [id(number), { seenAt: at, isOpen: false, ...came }];
  };

  it.each<[string, readonly (readonly [string, KnownImage])[], number]>([
    ['that came first', [seenAt(901, NOW, 5), seenAt(902, NOW, 4)], 902],
    ['that was seen first', [seenAt(901, 5), seenAt(902, 4)], 902],
    ['that came before the other was seen', [seenAt(901, 5), seenAt(902, NOW, 4)], 902],
    ['that was made first, of two that came together', [seenAt(901, 5), seenAt(902, 5)], 902],
  ])('is of the image %s', (_, known, first) => {
    const images = [image(901, [1]), image(902, [1], { createdAt: NOW - 1 })];
    expect(holders(images, { images: new Map(known) })).toEqual([[id(1), id(first)]]);
  });

  it('is of the image with the lower id when nothing else tells', () => {
    expect(holders([image(902, [1]), image(901, [1])])).toEqual([[id(1), id(901)]]);
    expect(holders([image(901, [1]), image(902, [1])])).toEqual([[id(1), id(901)]]);
  });

  it('stays of the image that had it, with what is known of who brought it', () => {
    const layers: Known['layers'] = new Map([[id(1), { image: id(900), evidence: made }]]);
    expect(look({ images: [image(901, [1])] }, {}, { ...NOTHING, layers }).layers).toEqual(layers);
    const images = new Map([[id(901), { seenAt: NOW, isOpen: false, evidence: { ...made, uid: ALICE } }]]);
    const own: Known['layers'] = new Map([[id(1), { image: id(901), evidence: made }]]);
    const learned = look({ images: [image(901, [1])] }, {}, { ...NOTHING, layers: own, images });
    expect(learned.layers.get(id(1))?.evidence?.uid).toBe(ALICE);
  });
});

it('what an operator decided stays as long as its object, or a layer of it', () => {
  const keys = [`container/${id(1)}`, `image/${id(901)}`, `image/${id(900)}`, 'volume/v'];
  const overrides = new Map([...keys, 'volume/gone'].map((key) => [key, { uid: BOB, by: 'x', at: 1 }]));
  const layers: Known['layers'] = new Map([[id(7), { image: id(900) }]]);
  const there = { containers: [container(1)], images: [image(901, [7])], volumes: [volume('v')] };
  const known = look(there, {}, { ...NOTHING, overrides, layers, hasBegun: false });
  expect([...known.overrides.keys()].sort()).toEqual(keys.toSorted());
  expect(known.hasBegun).toBe(true);
  expect(look({}, {}, known).overrides.size).toBe(0);
});
