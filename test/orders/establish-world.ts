import type { OfferingConfig } from '../../src/config/types.ts';
import type { AgentError } from '../../src/lib/errors.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { compareAccount } from '../../src/orders/compare.ts';
import { desired } from '../../src/orders/desired.ts';
import { type Established, establish } from '../../src/orders/establish.ts';
import { createKeyStore } from '../../src/orders/key-store.ts';
import type { Action, Backend, Found, Observed } from '../../src/plugin/contract.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { ApiKey, Resource } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { GIB, offeringConfig, order, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;

export interface World {
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
    readonly setEndpoints?: AgentError;
    readonly suspend?: AgentError;
  };
  readonly lost?: boolean;
  /** The id that the backend gives. */
  readonly id?: string;
  readonly endpoints?: Found['endpoints'];
  /** What an account is while it is being made: for as many looks. */
  readonly pendingLooks?: number;
  /** The action after which the account is gone. */
  readonly vanishesAfter?: Action['kind'];
}

/** A backend with at most one account, and a Waldur with one resource. */
export function createEstablishWorld(world: World) {
  const clock = manualClock();
  const did: string[] = [];
  const keys: string[] = [];
  let row = resource({ limits: { s3_storage: 1 }, ...world.resource });
  let account: string | undefined;
  let issued = 0;
  let looks = 0;
  let pendingLooks = world.pendingLooks ?? 0;
  const backend = {
    observe: async function* ([sought]: readonly { account: string }[]): AsyncGenerator<Observed> {
      looks++;
      if (account !== undefined && pendingLooks-- > 0) {
        yield { state: 'pending', account, resource: row.uuid, since: new Date(0), text: 'Soon.', againAfterMs: 1000 };
        return;
      }
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
          endpoints: world.endpoints ?? [],
        };
    },
    apply: async (action: Action) => {
      did.push(`${action.kind} ${action.account}`);
      if (action.kind === 'suspend' && world.fails?.suspend !== undefined) throw world.fails.suspend;
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
      setEndpoints: async () => {
        if (world.fails?.setEndpoints !== undefined) throw world.fails.setEndpoints;
      },
    },
  } as unknown as Waldur;
  const offering = offeringConfig(world.offering);
  const store = createKeyStore({ offering, waldur, clock, random: () => 0.5 });
  const deps = { offering, waldur, backend, keys: store, log: silentLog(), clock };
  const ended: Established[] = [];
  const run = async (): Promise<unknown> => {
    const work = compareAccount(deps, row, desired(offering, row, order(), {}), signal).then((comparison) =>
      establish(deps, comparison, { isNew: false }, signal),
    );
    let over = false;
    const settled = work.then(
      (established) => {
        ended.push(established);
      },
      (error: unknown) => error,
    );
    void settled.then(() => {
      over = true;
    });
    const startMs = clock.monotonicMs();
    while (!over && clock.monotonicMs() - startMs < 120_000) await clock.advance(1000);
    return settled;
  };
  return { run, did, keys, clock, ended, row: () => row, looks: () => looks };
}
