import type { OfferingConfig } from '../../src/config/types.ts';
import type { AgentError } from '../../src/lib/errors.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type HandleDeps, handleOrder } from '../../src/orders/handle.ts';
import { createKeyStore } from '../../src/orders/key-store.ts';
import type { Action, Backend, Observed } from '../../src/plugin/contract.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { Order, OrderState, Resource } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { GIB, ORDER, offeringConfig, order, RESOURCE, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;

export interface World {
  readonly order: Partial<Order>;
  readonly resource?: Partial<Resource>;
  readonly account?: Observed | undefined;
  readonly offering?: Partial<OfferingConfig>;
  /** Calls that fail, by name; a backend's by the kind of its action. */
  readonly failing?: Readonly<Record<string, AgentError>>;
  /** What the order becomes when it is approved. */
  readonly approved?: OrderState;
}

export const BYTES = BigInt(GIB);
export const found = (values: Partial<Extract<Observed, { state: 'found' }>> = {}): Observed => ({
  state: 'found',
  account: 'a',
  resource: RESOURCE,
  suspended: false,
  quota: { bytes: BYTES, objects: null },
  keys: [{ id: 'K', works: true }],
  metadata: {},
  endpoints: [],
  ...values,
});

/**
 * One order of one resource: `did` are the writes to Waldur and to the backend, in their order, and `asked` the plans whose
 * quotas were read.
 */
export function createOrderWorld(world: World) {
  const did: string[] = [];
  const asked: string[] = [];
  const clock = manualClock();
  let now = order(world.order);
  let account = 'account' in world ? world.account : found();
  const act = (name: string, text = name): void => {
    did.push(text);
    const failure = world.failing?.[name];
    if (failure !== undefined) throw failure;
  };
  const backend = {
    observe: async function* ([sought]: readonly { account: string }[]): AsyncGenerator<Observed> {
      const failure = world.failing?.['observe'];
      if (failure !== undefined) throw failure;
      yield account ?? { state: 'absent', account: sought?.account ?? '' };
    },
    apply: async (action: Action) => {
      const isQuota = action.kind === 'set-quota';
      act(
        action.kind,
        action.kind === 'revoke-key'
          ? `revoke ${action.accessKey}`
          : isQuota
            ? `quota ${Number(action.to.bytes) / GIB}`
            : action.kind,
      );
      if (isQuota && account?.state === 'found') account = { ...account, quota: action.to };
      if (action.kind === 'create-account') account = found({ account: action.account, keys: [] });
      if (action.kind !== 'issue-key') return { changed: true };
      return { changed: true, credentials: { accessKey: 'K', secretKey: 's', endpoint: 'https://s3', region: 'r' } };
    },
  } as unknown as Backend;
  const become = (state: OrderState, text: string) => async (): Promise<unknown> => {
    act(text);
    now = { ...now, state };
    return state;
  };
  const waldur = {
    orders: {
      get: async () => now,
      approve: become(world.approved ?? 'executing', 'approve'),
      setDone: become('done', 'done'),
      setErred: become('erred', 'erred'),
      reject: become('rejected', 'rejected'),
      setProviderInfo: async (_: string, text: string) => act('tell', `tell: ${text}`),
    },
    resources: {
      get: async () =>
        resource({
          state: 'OK',
          backendId: 'a',
          limits: { s3_storage: 1 },
          backendMetadata: { s3_credentials: { access_key: 'K' } },
          ...world.resource,
        }),
      setBackendId: async (_: string, id: string) => act('id', `id ${id}`),
      setBackendMetadata: async (_: string, metadata: JsonObject) =>
        act('metadata', 's3_credentials' in metadata ? 'credentials in' : 'credentials out'),
      setEndpoints: async () => act('endpoints'),
    },
  } as unknown as Waldur;
  const offering = offeringConfig(world.offering);
  const random = (): number => 0.5;
  const deps: HandleDeps = {
    offering,
    waldur,
    backend,
    clock,
    keys: createKeyStore({ offering, waldur, clock, random }),
    log: silentLog(),
    planQuotas: async (plan) => {
      asked.push(plan);
      return { s3_storage: 3 };
    },
    reportFinal: async () => act('final report'),
  };
  const handle = async (): Promise<string> => {
    const ending = handleOrder(deps, ORDER, signal).then(
      (outcome) => outcome.ending,
      (reason: AgentError) => reason.code,
    );
    await clock.advance(120_000);
    return ending;
  };
  return { handle, did, asked };
}
