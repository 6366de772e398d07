import { readText } from '../../../plugins/minio/decode.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import { type AdminCall, type AdminRoute, DONE, NEVER } from './admin-route.ts';
import { isDenied, mayDo } from './permissions.ts';
import { Refusal } from './refusal.ts';

const LARGEST_BODY = 262_272;

export const USER_ROUTES: readonly AdminRoute[] = [
  { method: 'PUT', path: 'add-user', needs: ['accessKey'], handle: addUser },
  {
    method: 'DELETE',
    path: 'remove-user',
    needs: ['accessKey'],
    action: 'admin:DeleteUser',
    handle: ({ state, query }) => {
      const name = query('accessKey');
      if (state.serviceAccounts.has(name)) throw new Refusal('XMinioIAMActionNotAllowed');
      if (!state.users.delete(name)) throw new Refusal('XMinioAdminNoSuchUser');
      state.mappings.delete(name);
      for (const [key, { parent }] of state.serviceAccounts) if (parent === name) state.serviceAccounts.delete(key);
      return DONE;
    },
  },
  {
    method: 'PUT',
    path: 'set-user-status',
    needs: ['accessKey', 'status'],
    action: 'admin:EnableUser',
    handle: ({ state, query }) => {
      const [name, status] = [query('accessKey'), query('status')];
      if (name === state.root.accessKey) throw new Refusal('XMinioAdminInvalidArgument');
      if (state.serviceAccounts.has(name)) throw new Refusal('XMinioIAMActionNotAllowed');
      const user = state.users.get(name);
      if (user === undefined) throw new Refusal('XMinioAdminNoSuchUser');
      if (status !== 'enabled' && status !== 'disabled') throw new Refusal('XMinioAdminInvalidArgument');
      state.users.set(name, { ...user, enabled: status === 'enabled' });
      return DONE;
    },
  },
  {
    method: 'GET',
    path: 'list-users',
    action: 'admin:ListUsers',
    handle: (call) => {
      const wanted = call.query('bucket');
      const names = [...call.state.users.keys()].filter((name) => wanted === '' || mentions(call, name, wanted));
      return { json: Object.fromEntries(names.map((name) => [name, describe(call, name)])), encrypted: true };
    },
  },
  { method: 'GET', path: 'user-info', needs: ['accessKey'], handle: userInfo },
];

async function addUser(call: AdminCall): Promise<typeof DONE> {
  const { state, caller, query, body } = call;
  const name = query('accessKey');
  const own = name === caller.accessKey;
  if (own ? isDenied(state, caller, 'admin:CreateUser') : !mayDo(state, caller, 'admin:CreateUser')) {
    throw new Refusal('AccessDenied');
  }
  if (name === state.root.accessKey || state.serviceAccounts.has(name)) {
    throw new Refusal('XMinioInvalidIAMCredentials');
  }
  if (body.length > LARGEST_BODY || !call.measured) throw new Refusal('XMinioAdminConfigTooLarge');
  if (name !== '' && name.trim() !== name) throw new Refusal('XMinioInvalidResource');
  const given = await call.secret(() => new Refusal('XMinioAdminConfigBadJSON'));
  const { secretKey, status } = isJsonObject(given) ? given : {};
  if (name.length < 3) throw badAccessKey('access key length should be between 3 and 20');
  if (/[=,]/.test(name)) throw badAccessKey("access key contains one of reserved characters '=' or ','");
  if (Buffer.byteLength(readText(secretKey)) < 8) throw badSecretKey();
  if (Buffer.byteLength(name) > 255) throw new Refusal('XMinioInvalidObjectName');
  // Create or replace, and anything but these two words disables. A policy in the body is ignored.
  state.users.set(name, { secret: readText(secretKey), enabled: status === 'enabled' || status === 'on' });
  return DONE;
}

function userInfo(call: AdminCall): { readonly json: Json } {
  const { state, caller, query } = call;
  const name = query('accessKey');
  if (name === '') throw new Refusal('XMinioAdminInvalidArgument');
  const own = name === caller.accessKey;
  if (own ? isDenied(state, caller, 'admin:GetUser') : !mayDo(state, caller, 'admin:GetUser')) {
    throw new Refusal('AccessDenied');
  }
  if (state.serviceAccounts.has(name)) throw new Refusal('XMinioIAMActionNotAllowed');
  if (!state.users.has(name)) throw new Refusal('XMinioAdminNoSuchUser');
  return { json: describe(call, name) };
}

function describe({ state }: AdminCall, name: string): Json {
  const mapping = state.mappings.get(name);
  return {
    ...(mapping !== undefined && mapping.names.length > 0 && { policyName: mapping.names.join(',') }),
    status: state.users.get(name)?.enabled === true ? 'enabled' : 'disabled',
    updatedAt: mapping !== undefined && mapping.names.length > 0 ? mapping.updated.toISOString() : NEVER,
  };
}

function mentions({ state }: AdminCall, user: string, bucket: string): boolean {
  const documents = (state.mappings.get(user)?.names ?? []).map((name) => state.policies.get(name)?.document);
  return JSON.stringify(documents).includes(`arn:aws:s3:::${bucket}"`);
}

export function badAccessKey(why = 'access key length should be between 3 and 20'): Refusal {
  return new Refusal('XMinioAdminInvalidAccessKey', `The access key is invalid. (${why})`);
}

export function badSecretKey(): Refusal {
  return new Refusal('XMinioAdminInvalidSecretKey');
}
