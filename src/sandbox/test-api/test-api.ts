import { toUuid } from '../../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Soon } from '../bus.ts';
import { objectOf, textOf } from '../call.ts';
import { dump } from '../dump.ts';
import type { FaultRule } from '../faults.ts';
import { checkInvariants } from '../invariants.ts';
import type { EntryKind } from '../journal.ts';
import type { OrderState, Resource } from '../model.ts';
import { touchResource } from '../order-flow.ts';
import { type OrderRequest, placeRequested } from '../order-request.ts';
import { html, invalid, notFound, ok, Refusal, type Reply } from '../reply.ts';
import { rotateKey } from '../routes/api-keys.ts';
import { requestImport } from '../routes/imports.ts';
import { setFlag } from '../routes/provider-resources.ts';
import type { Storm, StormRequest } from '../storm.ts';
import type { World } from '../world.ts';
import { brokerAction } from './broker-action.ts';
import { createRoutes } from './create-objects.ts';

export interface TestRequest {
  readonly method: string;
  /** After `/_test/`. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

export type TestApi = (request: TestRequest) => Promise<Reply>;

export interface TestDeps {
  readonly world: World;
  readonly storm: Storm;
  readonly reset: (fixture: string | undefined) => Promise<void>;
  /** Runs a REST action as a member of staff: a person in the portal. */
  readonly act: (path: string, body: JsonObject) => Soon<Reply>;
  readonly awaitOrder: (order: string, state: OrderState, timeoutMs: number) => Promise<boolean>;
}

/** Body, query and the UUID in the path. */
type TestHandler = (body: JsonObject, query: URLSearchParams, uuid: string) => Soon<Json | Reply>;

/** How tests drive and question the sandbox: no authentication, loopback only. */
export function createTestApi(deps: TestDeps): TestApi {
  const routes: Readonly<Record<string, TestHandler>> = { ...testRoutes(deps), ...createRoutes(deps.world) };
  return async ({ method, path, query, body }) => {
    const uuid = /(?:^|\/)([0-9a-fA-F-]{32,36})(?:\/|$)/.exec(path)?.[1];
    const name = (uuid === undefined ? path : path.replace(uuid, ':u')).replace(/\/$/, '');
    const handler = routes[`${method} ${name}`];
    if (handler === undefined) return html(404, 'Not Found');
    try {
      const parsed: unknown = body === '' ? {} : JSON.parse(body);
      if (!isJsonObject(parsed)) return ok({ detail: 'the body must be an object' }, 400);
      const result = await handler(parsed, new URLSearchParams(query), toUuid(uuid) ?? '');
      return isReply(result) ? result : ok(result);
    } catch (error) {
      if (error instanceof Refusal) return error.reply;
      return ok({ detail: String(error) }, 400);
    }
  };
}

function isReply(result: Json | Reply): result is Reply {
  return isJsonObject(result) && typeof result['status'] === 'number';
}

const PERSON: Readonly<Record<string, string>> = {
  approve: 'approve_by_provider',
  reject: 'reject_by_provider',
  retry: 'retry',
  cancel: 'cancel',
  erred: 'set_state_erred',
  done: 'set_state_done',
};

// Bodies of the test API are trusted: it is for tests on the same machine. Where a handler says `as`, it relies on that.
function testRoutes({ world, storm, reset, act, awaitOrder }: TestDeps): Readonly<Record<string, TestHandler>> {
  const resourceOf = (body: JsonObject): Resource => find(world.store.resources, textOf(body, 'resource'), 'Resource');
  return {
    'POST reset': async (body) => {
      await reset(typeof body['fixture'] === 'string' ? body['fixture'] : undefined);
      return {};
    },
    'GET state': () => dump(world.store),
    'POST orders': (body) => {
      const order = placeRequested(world, body as OrderRequest);
      return { order_uuid: order.uuid, resource_uuid: order.resource.uuid };
    },
    'POST orders/:u/person': (body, _query, uuid) => {
      const order = find(world.store.orders, uuid, 'Order');
      const action = textOf(body, 'action');
      const side = order.state === 'pending-consumer' ? 'consumer' : 'provider';
      const name = (PERSON[action] ?? action).replace('provider', side);
      const erred = { error_message: 'A person gave up.', error_traceback: '' };
      return act(`/api/marketplace-orders/${uuid}/${name}/`, action === 'erred' ? erred : {});
    },
    'POST options': (body) => {
      const resource = resourceOf(body);
      touchResource(world, resource, (row) => {
        row.options = { ...row.options, ...objectOf(body, 'options') };
      });
      return { options: resource.options ?? {} };
    },
    'POST flags': (body) => {
      const resource = resourceOf(body);
      setFlag(world, resource, (row) => {
        row.paused = body['paused'] === undefined ? row.paused : body['paused'] === true;
        row.downscaled = body['downscaled'] === undefined ? row.downscaled : body['downscaled'] === true;
        const restrict = body['restrict_member_access'];
        row.restrictMemberAccess = restrict === undefined ? row.restrictMemberAccess : restrict === true;
      });
      return {};
    },
    'POST keys/rotate': (body) => {
      rotateKey(world, find(world.store.keys, textOf(body, 'key'), 'ResourceApiKey'));
      return {};
    },
    'POST import': (body) => {
      const offering = find(world.store.offerings, textOf(body, 'offering'), 'Offering');
      return { request_uuid: requestImport(world, offering).uuid };
    },
    'POST sync': (body) => {
      const [staff] = world.store.users.all().filter(({ isStaff }) => isStaff);
      if (staff === undefined) throw notFound('User');
      world.events.sync(find(world.store.offerings, textOf(body, 'offering'), 'Offering'), staff);
      return {};
    },
    'POST unlink': (body) => {
      const { resources, orders, keys, usages } = world.store;
      const resource = resourceOf(body);
      for (const table of [orders, keys, usages]) {
        for (const row of table.by('resource', resource.uuid).slice())
          (table as { delete(row: unknown): void }).delete(row);
      }
      resources.delete(resource);
      return {};
    },
    'POST faults': (body) => {
      const rules = Array.isArray(body['rules']) ? body['rules'] : [body];
      for (const rule of rules) world.faults.add(rule as unknown as FaultRule);
      return {};
    },
    'DELETE faults': () => {
      world.faults.clear();
      world.broker.clearFaults();
      world.brokerDown.clear();
      return {};
    },
    'POST broker': (body) => brokerAction(world, body),
    'POST publisher': (body) => {
      Object.assign(world.events.publisher, body);
      return {};
    },
    'POST clock': (body) => {
      if (body['set'] !== undefined) world.clock.set(new Date(textOf(body, 'set')));
      else world.clock.advance(durationMs(textOf(body, 'advance')));
      return { now: world.clock.now().toISOString() };
    },
    'GET journal': (_body, query) => {
      const kind = query.get('kind') ?? undefined;
      return world.journal.entries(Number(query.get('since') ?? 0), kind as EntryKind | undefined) as unknown as Json;
    },
    'POST journal': (body) => {
      world.journal.bodies = body['bodies'] === true;
      return {};
    },
    'GET await': async (_body, query) => {
      const state = query.get('state') ?? 'done';
      const timeout = Number(query.get('timeout') ?? 30) * 1000;
      const reached = await awaitOrder(toUuid(query.get('order')) ?? '', state as OrderState, timeout);
      return { reached };
    },
    'GET invariants': (_body, query) => {
      const most = query.get('requests_per_order');
      return checkInvariants(world, most === null ? {} : { requestsPerOrder: Number(most) }).map((row) => ({ ...row }));
    },
    'POST storm': (body) => {
      if (typeof body['orders'] !== 'number') throw invalid({ orders: ['This field is required.'] });
      storm.start(body as unknown as StormRequest);
      return {};
    },
    'GET storm': () => storm.report(),
  };
}

function find<R>(table: { get(uuid: string): R | undefined }, uuid: string, model: string): R {
  const row = table.get(toUuid(uuid) ?? '');
  if (row === undefined) throw notFound(model);
  return row;
}

/** ISO 8601 durations of days, hours, minutes and seconds. */
function durationMs(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null) throw invalid({ advance: ['Not an ISO 8601 duration.'] });
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = match.map((part) =>
    part === undefined ? 0 : Number(part),
  );
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
