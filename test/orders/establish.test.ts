import { describe, expect, test } from 'vitest';
import type { OfferingConfig } from '../../src/config/types.ts';
import { AgentError } from '../../src/lib/errors.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { compareAccount } from '../../src/orders/compare.ts';
import { desired } from '../../src/orders/desired.ts';
import { establish } from '../../src/orders/establish.ts';
import { createKeyStore } from '../../src/orders/key-store.ts';
import type { Action, Backend, Observed } from '../../src/plugin/contract.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { ApiKey, Resource } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { GIB, offeringConfig, order, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const OUTAGE = new AgentError('no answer', { code: 'WALDUR_FAILED', disposition: 'transient', status: 502 });
const THROTTLED = new AgentError('wait', {
  code: 'WALDUR_RATE_LIMITED',
  disposition: 'transient',
  retryAfterMs: 3_600_000,
});
const refused = (text: string): AgentError =>
  new AgentError(`set backend id: Waldur answered 400${text}`, {
    code: 'WALDUR_REFUSED',
    disposition: 'terminal',
    status: 400,
  });

interface World {
  readonly offering?: Partial<OfferingConfig>;
  readonly resource?: Partial<Resource>;
  /** What is thrown in place of storing, by call. `lost`: Waldur stored it all the same. */
  readonly fails?: {
    readonly setBackendId?: AgentError;
    readonly setBackendMetadata?: AgentError;
    readonly get?: AgentError;
    readonly reportCreated?: AgentError;
    /** The list of API keys, once one was reported. */
    readonly listAgain?: AgentError;
  };
  readonly lost?: boolean;
  /** The id that the backend gives. */
  readonly id?: string;
  /** The action after which the account is gone. */
  readonly vanishesAfter?: Action['kind'];
}

/** A backend with at most one account, and a Waldur with one resource. */
function setup(world: World) {
  const clock = manualClock();
  const did: string[] = [];
  const keys: string[] = [];
  let row = resource({ limits: { s3_storage: 1 }, ...world.resource });
  let account: string | undefined;
  let issued = 0;
  const backend = {
    observe: async function* ([sought]: readonly { account: string }[]): AsyncGenerator<Observed> {
      if (account === undefined) yield { state: 'absent', account: sought?.account ?? '' };
      else
        yield {
          state: 'found',
          account,
          resource: row.uuid,
          suspended: false,
          quota: { bytes: BigInt(GIB), objects: null },
          keys: keys.map((id) => ({ id, works: true })),
          metadata: { s3_user: account },
          endpoints: [],
        };
    },
    apply: async (action: Action) => {
      did.push(`${action.kind} ${action.account}`);
      if (action.kind === world.vanishesAfter) account = undefined;
      if (action.kind === 'create-account') account = world.id ?? action.account;
      if (action.kind === 'delete-account') account = undefined;
      if (action.kind === 'revoke-key') keys.splice(keys.indexOf(action.accessKey), 1);
      if (action.kind !== 'issue-key') return { changed: true, ...(world.id !== undefined && { account: world.id }) };
      keys.push(`K${++issued}`);
      const [accessKey = ''] = keys.slice(-1);
      return { changed: true, credentials: { accessKey, secretKey: 's', endpoint: 'https://s3', region: 'r' } };
    },
  } as unknown as Backend;
  const write = (failure: AgentError | undefined, store: () => void): void => {
    if (failure === undefined || world.lost === true) store();
    if (failure !== undefined) throw failure;
  };
  const apiKeys: ApiKey[] = [];
  let isReported = false;
  const waldur = {
    apiKeys: {
      list: async () => {
        if (isReported && world.fails?.listAgain !== undefined) throw world.fails.listAgain;
        return [...apiKeys];
      },
      reportCreated: async (of: string, { accessKey }: { accessKey: string }) => {
        isReported = true;
        write(world.fails?.reportCreated, () => {
          const state = 'OK';
          apiKeys.push({
            uuid: accessKey,
            resource: of,
            clientId: accessKey,
            state,
            pendingAction: undefined,
            modified: '',
          });
        });
      },
    },
    resources: {
      get: async () => {
        if (world.fails?.get !== undefined) throw world.fails.get;
        return row;
      },
      setBackendId: async (_: string, backendId: string) =>
        write(world.fails?.setBackendId, () => {
          row = { ...row, backendId };
        }),
      setBackendMetadata: async (_: string, backendMetadata: JsonObject) =>
        write(world.fails?.setBackendMetadata, () => {
          row = { ...row, backendMetadata };
        }),
      setEndpoints: async () => undefined,
    },
  } as unknown as Waldur;
  const offering = offeringConfig(world.offering);
  const store = createKeyStore({ offering, waldur, clock, random: () => 0.5 });
  const deps = { offering, waldur, backend, keys: store, log: silentLog(), clock };
  const run = async (): Promise<unknown> => {
    const work = compareAccount(deps, row, desired(offering, row, order(), {}), signal).then((comparison) =>
      establish(deps, comparison, { isNew: false }, signal),
    );
    let over = false;
    const settled = work.then(
      () => undefined,
      (error: unknown) => error,
    );
    void settled.then(() => {
      over = true;
    });
    const startMs = clock.monotonicMs();
    while (!over && clock.monotonicMs() - startMs < 120_000) await clock.advance(1000);
    return settled;
  };
  return { run, did, keys, clock, row: () => row };
}

describe('a key whose report fails, with credentials in the metadata,', () => {
  test('is revoked, however often it is tried', async () => {
    const { run, keys, row } = setup({ fails: { setBackendMetadata: OUTAGE } });
    for (let n = 0; n < 12; n++) expect(await run()).toBe(OUTAGE);
    expect(keys).toEqual([]);
    expect(row().backendMetadata).toEqual({});
  });
  test('stays when Waldur has it all the same', async () => {
    const { run, keys, row } = setup({ fails: { setBackendMetadata: OUTAGE }, lost: true });
    expect(await run()).toBeUndefined();
    expect(keys).toEqual(['K1']);
    expect(row().backendMetadata).toMatchObject({ s3_credentials: { access_key: 'K1' } });
  });
  test('stays when it is unknown whether Waldur has it', async () => {
    const { run, keys } = setup({ fails: { setBackendMetadata: OUTAGE, get: OUTAGE } });
    expect(await run()).toMatchObject({ code: 'KEY_UNSETTLED' });
    expect(keys).toEqual(['K1']);
  });
  test('holds no slot for as long as a server wants to be left alone', async () => {
    const { run, clock, keys } = setup({ fails: { setBackendMetadata: THROTTLED } });
    expect(await run()).toBe(THROTTLED);
    expect(clock.monotonicMs()).toBeLessThan(60_000);
    expect(keys).toEqual([]);
  });
});

describe('a key whose report fails, with credentials in API keys,', () => {
  const offering = { credentials: 'api_keys' } as const;
  test('is revoked when Waldur does not have it', async () => {
    const { run, keys } = setup({ offering, fails: { reportCreated: OUTAGE } });
    expect(await run()).toBe(OUTAGE);
    expect(keys).toEqual([]);
  });
  test('stays when Waldur has it all the same', async () => {
    const { run, keys } = setup({ offering, fails: { reportCreated: OUTAGE }, lost: true });
    expect(await run()).toBeUndefined();
    expect(keys).toEqual(['K1']);
  });
  test('stays when it is unknown whether Waldur has it', async () => {
    const { run, keys } = setup({ offering, fails: { reportCreated: OUTAGE, listAgain: OUTAGE } });
    expect(await run()).toMatchObject({ code: 'KEY_UNSETTLED' });
    expect(keys).toEqual(['K1']);
  });
});

describe('a name that is refused', () => {
  const own = { fails: { setBackendId: refused(': backend_id: does not match') } };
  test('by Waldur ends the order, and what was made for it goes', async () => {
    const { run, did } = setup(own);
    expect(await run()).toMatchObject({ code: 'ORDER_NAME_REFUSED', disposition: 'terminal' });
    expect(did.map((what) => what.split(' ')[0])).toEqual(['create-account', 'delete-account']);
  });
  test('by Waldur deletes nothing under the policy no-delete', async () => {
    const { run, did } = setup({ ...own, offering: { policy: 'no-delete' } });
    expect(await run()).toMatchObject({ code: 'ORDER_NAME_REFUSED' });
    expect(did.map((what) => what.split(' ')[0])).toEqual(['create-account']);
  });
  test('by a proxy in between says nothing, and deletes nothing', async () => {
    const failure = refused('');
    const { run, did } = setup({ fails: { setBackendId: failure } });
    expect(await run()).toBe(failure);
    expect(did.map((what) => what.split(' ')[0])).toEqual(['create-account']);
  });
});

test('the id that the backend gives is stored, and used for everything that follows', async () => {
  const { run, did, row } = setup({ id: 'volume-7' });
  expect(await run()).toBeUndefined();
  expect(row().backendId).toBe('volume-7');
  expect(did).toEqual(['create-account waldur_acme_genomics_5a1e5a1e', 'issue-key volume-7']);
});

test('an account that vanishes while it is set up is looked at again later', async () => {
  const { run, row } = setup({ vanishesAfter: 'issue-key' });
  expect(await run()).toMatchObject({ code: 'ACCOUNT_VANISHED', disposition: 'transient' });
  expect(row().backendMetadata).toEqual({});
});
