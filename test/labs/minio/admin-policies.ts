import { readText } from '../../../plugins/minio/decode.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import { type AdminCall, type AdminRoute, DONE } from './admin-route.ts';
import { listOf, statementsOf } from './permissions.ts';
import { Refusal } from './refusal.ts';
import { BUILT_IN } from './state.ts';

const LARGEST_POLICY = 20 * 1024;
const ATTACH = 'admin:AttachUserOrGroupPolicy';

export const POLICY_ROUTES: readonly AdminRoute[] = [
  { method: 'PUT', path: 'add-canned-policy', needs: ['name'], action: 'admin:CreatePolicy', handle: addPolicy },
  {
    method: 'DELETE',
    path: 'remove-canned-policy',
    needs: ['name'],
    action: 'admin:DeletePolicy',
    handle: ({ state, query }) => {
      const name = query('name');
      const used = [...state.mappings.values()].some(({ names }) => names.includes(name));
      if (used) throw new Refusal('XMinioIAMPolicyInUse');
      if (Object.hasOwn(BUILT_IN, name)) throw new Refusal('InternalError', 'inbuilt policy not allowed to be deleted');
      state.policies.delete(name);
      return DONE;
    },
  },
  {
    method: 'GET',
    path: 'info-canned-policy',
    needs: ['name'],
    action: 'admin:GetPolicy',
    handle: ({ state, query }) => {
      const found = state.policies.get(query('name'));
      if (found === undefined) throw new Refusal('XMinioAdminNoSuchPolicy');
      const document = reordered(found.document);
      if (query('v') !== '2') return { json: document, pretty: true };
      const [CreateDate, UpdateDate] = [found.created.toISOString(), found.updated.toISOString()];
      return { json: { PolicyName: query('name'), Policy: document, CreateDate, UpdateDate }, pretty: true };
    },
  },
  {
    method: 'GET',
    path: 'list-canned-policies',
    action: 'admin:ListUserPolicies',
    handle: ({ state }) => ({
      json: Object.fromEntries([...state.policies].map(([name, { document }]) => [name, reordered(document)])),
    }),
  },
  { method: 'POST', path: 'idp/builtin/policy/attach', action: ATTACH, handle: (call) => change(call, 'attach') },
  { method: 'POST', path: 'idp/builtin/policy/detach', action: ATTACH, handle: (call) => change(call, 'detach') },
  {
    method: 'PUT',
    path: 'set-user-or-group-policy',
    needs: ['policyName', 'userOrGroup', 'isGroup'],
    action: ATTACH,
    handle: ({ state, query, now }) => {
      const names = query('policyName').split(',').filter(Boolean);
      if (!state.users.has(query('userOrGroup'))) throw new Refusal('XMinioAdminNoSuchUser');
      if (names.some((name) => !state.policies.has(name))) throw new Refusal('XMinioAdminNoSuchPolicy');
      state.mappings.set(query('userOrGroup'), { names, updated: now });
      return DONE;
    },
  },
  {
    method: 'GET',
    path: 'idp/builtin/policy-entities',
    action: 'admin:ListUserPolicies',
    handle: (call) => ({ json: entities(call), encrypted: true }),
  },
];

function addPolicy({ state, query, body, now }: AdminCall): typeof DONE {
  const name = query('name');
  if (name.trim() !== name) throw new Refusal('XMinioInvalidResource');
  if (name.includes(',')) throw new Refusal('PolicyInvalidName');
  if (body.length === 0) throw new Refusal('MissingContentLength');
  if (body.length > LARGEST_POLICY) throw new Refusal('EntityTooLarge');
  const document = readPolicy(body.toString());
  if (isJsonObject(document) && document['Version'] === undefined) throw new Refusal('MalformedPolicy');
  if (name === '' || statementsOf(document).length === 0) throw new Refusal('XMinioAdminInvalidArgument');
  const created = state.policies.get(name)?.created ?? now;
  state.policies.set(name, { document, created, updated: now });
  return DONE;
}

/** @throws Refusal for what no server takes for a policy */
function readPolicy(text: string): Json {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch {
    throw new Refusal('XMinioMalformedIAMPolicy');
  }
  checkStatements(document);
  return document;
}

export function checkStatements(document: Json): void {
  for (const { Action: action, Resource: resource } of statementsOf(document)) {
    const unknown = listOf(action).find(
      (name) => !/^(s3|admin|kms|sts):(\*|[A-Z]\w+\*?)$/.test(name) || name === 's3:Nope',
    );
    if (unknown !== undefined) throw new Refusal('XMinioMalformedIAMPolicy', `unsupported action '${unknown}'`);
    const foreign = listOf(resource).find((arn) => !arn.startsWith('arn:aws:s3:::'));
    if (foreign !== undefined) throw new Refusal('XMinioMalformedIAMPolicy', `invalid resource '${foreign}'`);
  }
}

async function change(call: AdminCall, operation: 'attach' | 'detach'): Promise<{ json: Json; encrypted: true }> {
  const { state, contentType, now } = call;
  if (contentType !== 'application/octet-stream') throw new Refusal('BadRequest');
  const given = await call.secret((cause) => new Refusal('InternalError', `please try again. (${cause})`));
  const { policies, user, group } = isJsonObject(given) ? given : {};
  const wanted = listOf(policies);
  const name = readText(user);
  if (wanted.length === 0) throw new Refusal('InternalError', 'please try again. (no policy names were given)');
  if (user && group) throw new Refusal('InternalError', 'either a group or a user association must be given, not both');
  if (name === state.root.accessKey) throw new Refusal('XMinioIAMActionNotAllowed');
  if (!state.users.has(name)) throw new Refusal('XMinioAdminNoSuchUser');
  const before = state.mappings.get(name)?.names ?? [];
  const attaching = operation === 'attach';
  if (attaching && wanted.some((policy) => !state.policies.has(policy))) throw new Refusal('XMinioAdminNoSuchPolicy');
  const effect = wanted.filter((policy) => before.includes(policy) !== attaching);
  if (effect.length === 0) throw new Refusal('XMinioAdminPolicyChangeAlreadyApplied');
  const names = attaching ? [...before, ...effect].sort() : before.filter((policy) => !effect.includes(policy));
  state.mappings.set(name, { names, updated: now });
  const updatedAt = now.toISOString();
  return {
    json: attaching ? { policiesAttached: effect, updatedAt } : { policiesDetached: effect, updatedAt },
    encrypted: true,
  };
}

function entities({ state, query, has, now }: AdminCall): Json {
  const [user, policy] = [query('user'), query('policy')];
  const mapped = [...state.mappings].filter(([, { names }]) => names.length > 0);
  const timestamp = now.toISOString();
  if (user !== '') {
    const found = mapped.filter(([name]) => name === user);
    if (found.length === 0) return { timestamp };
    return { timestamp, userMappings: found.map(([name, { names }]) => ({ user: name, policies: names })) };
  }
  const every = has('policy') ? [policy] : [...new Set(mapped.flatMap(([, { names }]) => names))];
  const policyMappings = every.flatMap((name) => {
    const users = mapped.filter(([, { names }]) => names.includes(name)).map(([mappedUser]) => mappedUser);
    return users.length === 0 ? [] : [{ policy: name, users, groups: null }];
  });
  return policyMappings.length === 0 ? { timestamp } : { timestamp, policyMappings };
}

let turn = 0;

/** Actions come back in another order at every reading, once each, and lists of one as lists. */
export function reordered(document: Json): Json {
  if (!isJsonObject(document)) return document;
  turn++;
  const { Id: id, ...rest } = document;
  return {
    ...(id !== undefined && { ID: id }),
    ...rest,
    Statement: statementsOf(document).map((statement) => ({
      ...statement,
      ...(statement['Action'] !== undefined && { Action: rotated([...new Set(listOf(statement['Action']))]) }),
      ...(statement['Resource'] !== undefined && { Resource: listOf(statement['Resource']) }),
    })),
  };
}

function rotated(actions: readonly string[]): readonly string[] {
  const at = turn % Math.max(1, actions.length);
  return [...actions.slice(at), ...actions.slice(0, at)];
}
