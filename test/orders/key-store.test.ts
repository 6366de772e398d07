import { describe, expect, test } from 'vitest';
import type { OfferingConfig } from '../../src/config/types.ts';
import { AgentError } from '../../src/lib/errors.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { createKeyStore, type ResourceKeys } from '../../src/orders/key-store.ts';
import type { Plugin } from '../../src/plugin/contract.ts';
import type { ApiKeysApi, Waldur } from '../../src/waldur/client.ts';
import type { ApiKey } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { offeringConfig, RESOURCE, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const MINUTE = 60_000;
const pair = (accessKey: string) => ({
  accessKey,
  secretKey: `secret of ${accessKey}`,
  endpoint: 'https://s3',
  region: 'r',
});
const withPair = (accessKey: string): JsonObject => ({
  s3_credentials: { access_key: accessKey, secret_key: `secret of ${accessKey}` },
});
const failure = (code: string, disposition: AgentError['disposition'], status?: number): AgentError =>
  new AgentError('Waldur said no', { code, disposition, status });
const OUTAGE = failure('WALDUR_FAILED', 'transient', 502);
const CONFLICT = failure('WALDUR_CONFLICT', 'transient', 409);
const REFUSED = failure('WALDUR_REFUSED', 'terminal', 400);

function row(clientId: string | undefined, values: Partial<ApiKey> = {}): ApiKey {
  const uuid = `row of ${clientId}`;
  return { uuid, resource: RESOURCE, clientId, state: 'OK', pendingAction: undefined, modified: '', ...values };
}

interface Script {
  readonly rows?: readonly ApiKey[] | undefined | AgentError;
  /** What each write answers, in order: an error, or one that is thrown although Waldur did it. */
  readonly answers?: readonly (AgentError | { readonly lost: AgentError } | undefined)[];
  readonly credentials?: OfferingConfig['credentials'];
  readonly count?: Plugin['keys'];
}

function setup(script: Script) {
  const rows = Array.isArray(script.rows) ? [...(script.rows as ApiKey[])] : [];
  const answers = [...(script.answers ?? [])];
  const writes: string[] = [];
  let broken = script.rows instanceof AgentError;
  const clock = manualClock();
  const write = async (text: string, done: () => void): Promise<void> => {
    writes.push(text);
    const answer = answers.shift();
    if (answer === undefined || 'lost' in answer) done();
    if (answer !== undefined) throw 'lost' in answer ? answer.lost : answer;
  };
  const apiKeys: ApiKeysApi = {
    list: async () => {
      if (broken) throw OUTAGE;
      return 'rows' in script && script.rows === undefined ? undefined : [...rows];
    },
    reportCreated: (_, { accessKey }) => write(`report ${accessKey}`, () => rows.push(row(accessKey))),
    setKey: (uuid, { accessKey }) =>
      write(`set ${uuid} to ${accessKey}`, () => {
        rows[rows.findIndex((one) => one.uuid === uuid)] = row(accessKey, { uuid });
      }),
    setErred: (uuid) => write(`erred ${uuid}`, () => undefined),
  };
  const { plugin } = offeringConfig();
  const offering = offeringConfig({
    credentials: script.credentials ?? 'api_keys',
    plugin: { ...plugin, keys: script.count ?? 2 },
  });
  const resources = {
    setBackendMetadata: (_: string, metadata: JsonObject) =>
      write(`metadata ${JSON.stringify(metadata)}`, () => undefined),
  };
  const waldur = { apiKeys, resources } as unknown as Waldur;
  return {
    waldur,
    store: createKeyStore({ offering, waldur, clock, random: () => 0.5 }),
    writes,
    clock,
    breakList: () => {
      broken = true;
    },
  };
}

/** Lets the pauses between the attempts pass. */
async function hurried<T>(clock: ReturnType<typeof manualClock>, work: Promise<T>): Promise<T> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  void work.then(end, end);
  while (!over) await clock.advance(MINUTE);
  return work;
}

describe('credentials: metadata', () => {
  const open = (backendMetadata: JsonObject, values = {}, count: Plugin['keys'] = 2): Promise<ResourceKeys> =>
    setup({ credentials: 'metadata', count }).store.open(resource({ backendMetadata, ...values }), signal);

  test.each<[string, JsonObject, readonly string[], number]>([
    ['there is none', {}, [], 1],
    ['it is unknown to Waldur', {}, ['K1'], 1],
    ['it is gone at the backend', withPair('K1'), [], 1],
    ['it is where it should be', withPair('K1'), ['K1'], 0],
  ])('one key, whatever the backend could have: %s', async (_, metadata, accessKeys, missing) => {
    expect((await open(metadata)).missing(accessKeys)).toBe(missing);
  });

  test('a backend without keys lacks none', async () => {
    expect((await open({}, {}, 0)).missing([])).toBe(0);
  });

  test('unknown keys are left over only from the order itself, and never when nothing is known', async () => {
    const known = await open(withPair('K2'));
    expect(known.leftovers(['K1', 'K2'], true)).toEqual(['K1']);
    expect(known.leftovers(['K1', 'K2'], false)).toEqual([]);
    expect((await open({})).leftovers(['K1'], true)).toEqual([]);
    expect((await open(withPair('K2'), { hasApiKeys: true })).leftovers(['K1', 'K2'], true)).toEqual([]);
  });

  test('unknown keys go after a quarter of an hour', async () => {
    const { store, clock } = setup({ credentials: 'metadata' });
    const leftovers = async () =>
      (await store.openAll(signal))(resource({ backendMetadata: withPair('K2') })).leftovers(['K1', 'K2'], false);
    expect(await leftovers()).toEqual([]);
    await clock.advance(15 * MINUTE);
    expect(await leftovers()).toEqual(['K1']);
  });

  test('a fresh pair goes into the metadata, with the facts, beside what is not ours', async () => {
    const keys = await (await open({ note: 'mine' })).keep(pair('K1'), [], signal);
    expect(keys.metadata({ s3_user: 'a' })).toEqual({
      note: 'mine',
      s3_user: 'a',
      s3_credentials: { access_key: 'K1', secret_key: 'secret of K1', endpoint: 'https://s3', region: 'r' },
    });
    expect(keys.missing(['K1'])).toBe(0);
  });
});

describe('credentials: api_keys', () => {
  const open = (script: Script, backendMetadata: JsonObject = {}) => {
    const made = setup(script);
    return made.store.open(resource({ backendMetadata }), signal).then((keys) => ({ ...made, keys }));
  };

  test.each<[string, readonly ApiKey[], readonly string[], number]>([
    ['none is known', [], ['K1'], 2],
    ['one is known', [row('K1')], ['K1'], 1],
    ['one is gone at the backend', [row('K1'), row('K2')], ['K2'], 1],
    ['one that failed to rotate works as before', [row('K1', { state: 'Erred' }), row('K2')], ['K1', 'K2'], 0],
    ['there are more than enough', [row('K1'), row('K2'), row('K3')], ['K1', 'K2', 'K3'], 0],
    ['one is about to be made, so that it is unknown', [row(undefined)], [], 0],
    ['one that was to be made failed', [row(undefined, { state: 'Erred' })], [], 2],
  ])('what is missing when %s', async (_, rows, accessKeys, missing) => {
    expect((await open({ rows })).keys.missing(accessKeys)).toBe(missing);
  });

  test('what cannot be listed is not none', async () => {
    await expect(open({ rows: OUTAGE })).rejects.toBe(OUTAGE);
    const { store } = setup({ rows: OUTAGE });
    await expect(store.openAll(signal)).rejects.toBe(OUTAGE);
  });

  test('a server without API keys is for the operator, and gets no secret any other way', async () => {
    const error = expect.objectContaining({ code: 'WALDUR_NO_API_KEYS', disposition: 'operator' });
    await expect(open({ rows: undefined })).rejects.toEqual(error);
  });

  test('no secret is in the metadata, and the one that was there leaves', async () => {
    const { keys } = await open({ rows: [] }, { ...withPair('K0'), note: 'mine' });
    const after = await keys.keep(pair('K1'), [], signal);
    expect(after.metadata({ s3_user: 'a' })).toEqual({ note: 'mine', s3_user: 'a' });
  });

  test('metadata that is as it should be is not written', async () => {
    const { keys, writes } = await open({ rows: [] }, { s3_user: 'a' });
    await keys.write({ s3_user: 'a' }, signal);
    await keys.write({ s3_user: 'b' }, signal);
    expect(writes).toEqual(['metadata {"s3_user":"b"}']);
  });

  test('each pair is reported before the next', async () => {
    const { keys, writes } = await open({ rows: [] });
    const both = await (await keys.keep(pair('K1'), [], signal)).keep(pair('K2'), [], signal);
    expect(writes).toEqual(['report K1', 'report K2']);
    expect(both.missing(['K1', 'K2'])).toBe(0);
  });

  test('a pair takes the place of a dead one', async () => {
    const { keys, writes } = await open({ rows: [row('K1'), row('K2')] });
    const one = await keys.keep(pair('K3'), [], signal);
    await one.keep(pair('K4'), [], signal);
    expect(writes).toEqual(['set row of K1 to K3', 'set row of K2 to K4']);
  });

  test('a server that settles only what it asked for gets it as a new one', async () => {
    const { keys, writes } = await open({ rows: [row('K1')], answers: [CONFLICT] });
    await keys.keep(pair('K2'), [], signal);
    expect(writes).toEqual(['set row of K1 to K2', 'report K2']);
  });

  test('in an outage the dead one is not given up: nothing is reported beside it', async () => {
    const { keys, writes, clock } = await open({ rows: [row('K1')], answers: [OUTAGE, OUTAGE, OUTAGE] });
    await expect(hurried(clock, keys.keep(pair('K2'), [], signal))).rejects.toBe(OUTAGE);
    expect(writes).toEqual(Array(3).fill('set row of K1 to K2'));
  });

  test('a key that works, and one that has no access key yet, keep their places', async () => {
    const { keys, writes } = await open({ rows: [row(undefined), row('K1')] });
    await keys.keep(pair('K2'), ['K1'], signal);
    expect(writes).toEqual(['report K2']);
  });

  test('an answer that was lost is looked up', async () => {
    const { keys, writes, clock } = await open({ rows: [], answers: [{ lost: OUTAGE }] });
    await hurried(clock, keys.keep(pair('K1'), [], signal));
    expect(writes).toEqual(['report K1']);
  });

  test('what Waldur does not have is reported again, the same pair', async () => {
    const { keys, writes, clock } = await open({ rows: [], answers: [OUTAGE, OUTAGE] });
    await hurried(clock, keys.keep(pair('K1'), [], signal));
    expect(writes).toEqual(['report K1', 'report K1', 'report K1']);
  });

  test('a refusal is final, an outage is not forever', async () => {
    const refused = await open({ rows: [], answers: [REFUSED] });
    await expect(refused.keys.keep(pair('K1'), [], signal)).rejects.toBe(REFUSED);
    expect(refused.writes).toEqual(['report K1']);
    const down = await open({ rows: [], answers: [OUTAGE, OUTAGE, OUTAGE] });
    await expect(hurried(down.clock, down.keys.keep(pair('K1'), [], signal))).rejects.toBe(OUTAGE);
  });

  test('when it is unknown whether Waldur has it, that is what is said', async () => {
    const { keys, clock, breakList } = await open({ rows: [], answers: [OUTAGE, OUTAGE, OUTAGE] });
    breakList();
    const error = expect.objectContaining({ code: 'KEY_UNSETTLED', disposition: 'transient', cause: OUTAGE });
    await expect(hurried(clock, keys.keep(pair('K1'), [], signal))).rejects.toEqual(error);
  });

  test('the pair of a former configuration goes on working', async () => {
    const { keys, writes } = await open({ rows: [] }, withPair('K0'));
    expect(keys.missing(['K0'])).toBe(1);
    const adopted = await keys.adopt(['K0'], signal);
    expect(writes).toEqual(['report K0']);
    expect(adopted.missing(['K0'])).toBe(1);
    expect(await adopted.adopt(['K0'], signal)).toBe(adopted);
  });

  test('a pair that works no more, or is known already, is not taken over', async () => {
    const dead = await open({ rows: [] }, withPair('K0'));
    expect(dead.keys.missing([])).toBe(2);
    await dead.keys.adopt([], signal);
    const known = await open({ rows: [row('K0')] }, withPair('K0'));
    await known.keys.adopt(['K0'], signal);
    expect([...dead.writes, ...known.writes]).toEqual([]);
  });

  describe('keys that Waldur does not know', () => {
    const seen = async (rows: readonly ApiKey[], metadata: JsonObject = {}) => {
      const { store, clock } = setup({ rows });
      const look = async () =>
        (await store.openAll(signal))(resource({ backendMetadata: metadata })).leftovers(['K1', 'K2', 'K0'], true);
      return { look, clock };
    };

    test('go after a quarter of an hour', async () => {
      const { look, clock } = await seen([row('K1')], withPair('K0'));
      expect(await look()).toEqual([]);
      await clock.advance(14 * MINUTE);
      expect(await look()).toEqual([]);
      await clock.advance(MINUTE);
      expect(await look()).toEqual(['K2']);
    });

    test('are young again when they were away', async () => {
      const { store, clock } = setup({ rows: [row('K1')] });
      const look = async (accessKeys: readonly string[]) =>
        (await store.openAll(signal))(resource()).leftovers(accessKeys, false);
      await look(['K1', 'K2']);
      for (let pass = 0; pass < 3; pass++) await look(['K1']);
      await clock.advance(15 * MINUTE);
      expect(await look(['K1', 'K2'])).toEqual([]);
    });

    test.each<[string, readonly ApiKey[]]>([
      ['the list is empty', []],
      ['a key of it has no access key', [row('K1'), row(undefined)]],
      ['a rotation is under way', [row('K1', { state: 'Updating' })]],
      ['a newer server waits for something', [row('K1', { pendingAction: 'pause' })]],
    ])('stay when %s', async (_, rows) => {
      const { look, clock } = await seen(rows);
      await look();
      await clock.advance(60 * MINUTE);
      expect(await look()).toEqual([]);
    });
  });
});

describe('facts that tell the API key', () => {
  const facts = { ref: 'api_keys.{api_key_uuid}.api_key', bucket: 'b' };

  async function written(script: Script, issued?: string): Promise<JsonObject | undefined> {
    const { store, waldur } = setup({ count: 1, ...script });
    let metadata: JsonObject | undefined;
    Object.assign(waldur, {
      resources: { setBackendMetadata: async (_: string, sent: JsonObject) => (metadata = sent) },
    });
    const keys = await store.open(resource(), signal);
    const last = issued === undefined ? keys : await keys.keep(pair(issued), [], signal);
    await last.write(facts, signal);
    return metadata;
  }

  test('get its UUID, also that of a key Waldur got just now', async () => {
    const named = { ref: 'api_keys.row of A.api_key', bucket: 'b' };
    expect(await written({ rows: [row('A')] })).toMatchObject(named);
    expect(await written({ rows: [] }, 'A')).toMatchObject(named);
  });

  test('are null while there is no key in order', async () => {
    expect(await written({ rows: [row('A', { state: 'Erred' })] })).toMatchObject({ ref: null, bucket: 'b' });
  });

  test('stay as they are where keys are in the metadata', async () => {
    expect(await written({ credentials: 'metadata' })).toMatchObject(facts);
  });
});
