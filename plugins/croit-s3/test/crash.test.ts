import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Action, Backend } from '../../../src/plugin/contract.ts';
import type { Settings } from '../settings.ts';
import { ACCOUNT, action, type Cluster, create, found, MIB, observe, signal, startCluster } from './lab.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

const FLAVOURS: readonly Settings['flavour'][] = ['croit', 'radosgw'];

/** Lets `count` requests pass to either server and ends every connection after that, as the death of the process does. */
function dieAfter(count: number): () => number {
  let passed = 0;
  const dead = (): boolean => passed++ >= count;
  cluster.facade.fault = () => (dead() ? { status: 503, body: '' } : undefined);
  cluster.rgw.intercept = (_, response) => {
    const isDead = dead();
    if (isDead) response.destroy();
    return isDead;
  };
  return () => passed;
}

function live(): void {
  cluster.facade.fault = undefined;
  cluster.rgw.intercept = undefined;
}

/** Tries the actions with a process that dies after every request in turn; `judge` looks at what the next one makes of it. */
async function killEverywhere(
  flavour: Settings['flavour'],
  prepare: () => Promise<void>,
  actions: readonly Action[],
  judge: (backend: Backend) => Promise<void>,
): Promise<number> {
  for (let at = 0; ; at++) {
    await prepare();
    const passed = dieAfter(at);
    const dying = cluster.open(flavour);
    let ended = true;
    for (const each of actions) {
      ended &&= await dying.apply(each, signal).then(
        () => true,
        () => false,
      );
    }
    const requests = passed();
    live();
    const next = cluster.open(flavour);
    for (const each of actions) await next.apply(each, signal);
    await judge(next);
    if (ended) return requests;
  }
}

describe.each(FLAVOURS)('flavour %s: a death between any two requests', (flavour) => {
  it('of the making of an account leaves one account, complete after the next try', async () => {
    const requests = await killEverywhere(
      flavour,
      async () => {
        cluster.rgw.users.delete(ACCOUNT);
      },
      [create({ bytes: 5n * MIB, objects: 50n })],
      async (backend) => {
        const limits = { enabled: true, max_size: Number(5n * MIB), max_objects: 50 };
        expect(cluster.user()).toMatchObject({ user_quota: limits, bucket_quota: limits });
        // Nothing knows a key that croit made: the order that finds it revokes it.
        for (const accessKey of (await found(backend)).keys.map(({ id }) => id)) {
          await backend.apply(action({ kind: 'revoke-key', accessKey }), signal);
        }
        expect(cluster.user().keys).toEqual([]);
      },
    );
    expect(requests).toBeGreaterThan(4);
  });

  it('of a change of the limit leaves both scopes with the new one after the next try', async () => {
    const from = { bytes: 5n * MIB, objects: 50n };
    await killEverywhere(
      flavour,
      async () => {
        cluster.rgw.users.delete(ACCOUNT);
        await cluster.open(flavour).apply(create(from), signal);
      },
      [action({ kind: 'set-quota', from, to: { bytes: 6n * MIB, objects: 50n } })],
      async (backend) => {
        expect((await found(backend)).quota).toEqual({ bytes: 6n * MIB, objects: 50n });
      },
    );
  });

  it('of a purge leaves nothing after the next try', async () => {
    const requests = await killEverywhere(
      flavour,
      async () => {
        const backend = cluster.open(flavour);
        await backend.apply(create(), signal);
        await backend.apply(action({ kind: 'issue-key' }), signal);
        for (const bucket of ['first', 'second']) {
          for (let i = 0; i < 3; i++) cluster.rgw.store(ACCOUNT, 10, bucket);
        }
        cluster.rgw.buckets.get('first')?.uploads.push({ key: 'up & down', id: '2~x' }, { key: '../up', id: '2~y' });
        cluster.rgw.buckets.get('first')?.versions.push({ key: 'odd\u0001', id: 'null', size: 1, marker: false });
      },
      [action({ kind: 'delete-account', purge: true })],
      async (backend) => {
        expect(await observe(backend)).toEqual([{ state: 'absent', account: ACCOUNT }]);
        expect(cluster.rgw.buckets.size).toBe(0);
      },
    );
    expect(requests).toBeGreaterThan(7);
  });
});

describe('a purge through croit', () => {
  it('stops writers first, and works without a key of the account', async () => {
    const backend = cluster.open('croit');
    await backend.apply(create(), signal);
    for (let i = 0; i < 1100; i++) cluster.rgw.store(ACCOUNT, 1, 'many');
    expect((await backend.apply(action({ kind: 'delete-account', purge: true }), signal)).changed).toBe(true);
    const puts = cluster.facade.requests
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => path.split('/').slice(3, 4));
    expect(puts.flat()).toEqual(['quota', 'bucket-quota', 'bucket-quota', 'quota', 'keys']);
    expect(cluster.rgw.requests.filter((line) => line.startsWith('POST /many?delete='))).toHaveLength(2);
  });

  it('says what a lock keeps, and ends instead of turning in circles', async () => {
    const backend = cluster.open('croit');
    await backend.apply(create(), signal);
    cluster.rgw.store(ACCOUNT, 1, 'locked');
    const answers = [
      '<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>',
      '<DeleteResult/>',
    ];
    for (const answer of answers) {
      cluster.rgw.intercept = (request, response) => {
        const isIt = request.url?.includes('delete=') === true;
        if (isIt) response.writeHead(200).end(answer);
        return isIt;
      };
      const purge = backend.apply(action({ kind: 'delete-account', purge: true }), signal);
      await expect(purge).rejects.toMatchObject({ code: 'S3_PURGE_FAILED', disposition: 'operator' });
    }
  });

  it('starts over when another bucket is made meanwhile', async () => {
    const backend = cluster.open('croit');
    await backend.apply(create(), signal);
    cluster.rgw.store(ACCOUNT, 1, 'first');
    let made = false;
    cluster.facade.fault = ({ method, path }) => {
      if (method === 'DELETE' && path.includes('/keys/') && !made) {
        made = true;
        cluster.rgw.store(ACCOUNT, 1, 'second');
      }
      return undefined;
    };
    const purge = action({ kind: 'delete-account', purge: true });
    await expect(backend.apply(purge, signal)).rejects.toMatchObject({ disposition: 'transient' });
    expect((await backend.apply(purge, signal)).changed).toBe(true);
  });
});
