import type { Json, JsonObject } from '../../lib/json.ts';
import { bodyOf, type Call, optionalText, type Routes, referenced, textOf } from '../call.ts';
import type { ApiKey } from '../model.ts';
import { both, datedFilter, list } from '../paginate.ts';
import { demand, seesProject, seesResource } from '../permissions.ts';
import { choices, uuidFilter } from '../query.ts';
import { conflict, forbidden, invalid, notFound, ok, type Reply } from '../reply.ts';
import { type KeyAction, keyAfter } from '../rules/api-key.ts';
import { renderer, type Shape } from '../serialize/fields.ts';
import type { World } from '../world.ts';

const KEY_STATES = ['Creating', 'OK', 'Updating', 'Erred'] as const;

/** Keys that came with 8.1. */
const since81 =
  (value: (row: ApiKey) => Json): Shape<ApiKey>[string] =>
  (row, { world }) =>
    world.settings.profile === '8.1' ? value(row) : undefined;

/**
 * The secret is not among the keys: lists never show it. An erred row keeps the command that failed. What belongs to
 * keys of users, with limits of their own, reads null: that is off for the offerings here.
 */
const renderKey = renderer<ApiKey>({
  uuid: (row) => row.uuid,
  resource_uuid: (row) => row.resource.uuid,
  resource_backend_id: (row) => row.resource.backendId,
  client_id: (row) => row.clientId,
  state: (row) => row.state,
  modified: (row) => row.modified,
  error_message: (row) => row.errorMessage,
  pending_action: since81(({ state }) => (state === 'Updating' || state === 'Erred' ? 'rotate' : '')),
  issued_at: since81((row) => row.created),
  user_uuid: since81(() => null),
  user_full_name: since81(() => null),
  limits: since81(() => null),
  allowed_models: since81(() => null),
  current_usages: since81(() => null),
  usage_period: since81(() => null),
  paused_by_limit: since81(() => null),
});

export const apiKeyRoutes: Routes = {
  'GET marketplace-resource-api-keys/': listKeys,
  'GET marketplace-resource-api-keys/:u/': (call) => ok(renderKey(find(call), call)),
  'POST marketplace-resource-api-keys/report_created/': reportCreated,
  'POST marketplace-resource-api-keys/:u/set_key/': (call) => {
    const key = provided(call);
    const body = bodyOf(call, ['api_key', 'client_id']);
    const secret = textOf(body, 'api_key');
    const clientId = optionalText(body, 'client_id', key.clientId);
    const siblings = call.world.store.keys.by('resource', key.resource.uuid).filter((row) => row !== key);
    if (siblings.some((row) => row.clientId === clientId)) {
      throw invalid({ client_id: ['API key with this client ID already exists for this resource.'] });
    }
    return move(call, key, 'set_key', { secret, clientId, errorMessage: '' });
  },
  'POST marketplace-resource-api-keys/:u/set_erred/': (call) => {
    const key = provided(call);
    return move(call, key, 'set_erred', { errorMessage: textOf(bodyOf(call, ['error_message']), 'error_message') });
  },
  'POST marketplace-resource-api-keys/:u/rotate/': (call) => {
    const key = find(call);
    if (!seesProject(call.user, key.resource.project)) throw forbidden();
    rotateKey(call.world, key);
    return ok({ status: 'API key rotation has been requested.' }, 202);
  },
  'GET marketplace-resource-api-keys/:u/reveal/': (call) => {
    const key = find(call);
    if (!seesProject(call.user, key.resource.project)) throw forbidden();
    if (keyAfter('reveal', key.state, key.resource.state) === undefined) throw conflict('API key is not available.');
    const body: JsonObject = { ...renderKey(key, call), api_key: key.secret };
    return { status: 200, body, headers: { 'Cache-Control': 'no-store' } };
  },
};

/** A consumer asks for a new secret. @throws Refusal 409 */
export function rotateKey(world: World, key: ApiKey): void {
  const to = keyAfter('rotate', key.state, key.resource.state);
  if (to === undefined) throw conflict(`API key cannot be rotated in state ${key.state}.`);
  changeKey(world, key, { state: to });
  world.events.keyRotation(key);
}

function changeKey(world: World, key: ApiKey, changes: Partial<ApiKey>): void {
  const from = key.state;
  Object.assign(key, changes, { modified: world.clock.stamp() });
  if (key.state !== from) world.journal.add('transition', { object: 'api_key', uuid: key.uuid, from, to: key.state });
}

function move(call: Call, key: ApiKey, action: KeyAction, changes: Partial<ApiKey>): Reply {
  const to = keyAfter(action, key.state, key.resource.state);
  if (to === undefined) throw conflict(`Operation is not allowed for an API key in state ${key.state}.`);
  changeKey(call.world, key, { ...changes, state: to });
  return ok(renderKey(key, call));
}

function reportCreated(call: Call): Reply {
  const { world, user } = call;
  const { keys, resources } = world.store;
  const body = bodyOf(call, ['resource', 'client_id', 'api_key']);
  const resource = referenced(resources, body, 'resource');
  if (!seesResource(user, resource))
    throw invalid({ resource: [`Object with uuid=${textOf(body, 'resource')} does not exist.`] });
  demand(world.settings.profile, user, 'resource.api_keys', resource.offering);
  const clientId = textOf(body, 'client_id');
  const secret = textOf(body, 'api_key');
  const to = keyAfter('report_created', 'OK', resource.state);
  if (to === undefined) throw conflict('API keys cannot be reported for a resource that is being terminated.');
  const now = world.clock.stamp();
  const known = keys.by('resource', resource.uuid).find((row) => row.clientId === clientId);
  const key =
    known ??
    keys.insert({
      uuid: world.ids.uuid(),
      created: now,
      modified: now,
      resource,
      clientId,
      secret,
      state: 'Creating',
      errorMessage: '',
    });
  changeKey(world, key, { secret, state: to, errorMessage: '' });
  return ok(renderKey(key, call), 201);
}

function listKeys(call: Call): Reply {
  const { query, user, world } = call;
  const { keys } = world.store;
  const states = choices(query, 'state', KEY_STATES);
  const resource = uuidFilter(query, 'resource_uuid');
  const offering = uuidFilter(query, 'offering_uuid');
  const pool =
    resource !== undefined
      ? keys.by('resource', resource)
      : offering !== undefined
        ? keys.by('offering', offering)
        : keys.all();
  const where = (row: ApiKey): boolean =>
    (states.length === 0 || states.includes(row.state)) &&
    (offering === undefined || row.resource.offering.uuid === offering) &&
    seesResource(user, row.resource);
  return list(call, { pools: [pool], where: both(where, datedFilter(call)), render: renderKey });
}

function find(call: Call): ApiKey {
  const key = call.world.store.keys.get(call.uuid);
  if (key === undefined || !seesResource(call.user, key.resource)) throw notFound('ResourceApiKey');
  return key;
}

function provided(call: Call): ApiKey {
  const key = find(call);
  demand(call.world.settings.profile, call.user, 'resource.api_keys', key.resource.offering);
  return key;
}
