import { readText } from '../../../plugins/minio/decode.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { checkStatements, reordered } from './admin-policies.ts';
import { type AdminCall, type AdminRoute, NO_CONTENT } from './admin-route.ts';
import { badAccessKey, badSecretKey } from './admin-users.ts';
import { isDenied, mayDo, policiesOf, statementsOf } from './permissions.ts';
import { noSuchServiceAccount, Refusal } from './refusal.ts';
import type { ServiceAccount } from './state.ts';

const LARGEST_POLICY = 4096;
const SHORTEST_LIFE_MS = 15 * 60_000;
/** As "never" is written here. */
const EPOCH = '1970-01-01T00:00:00Z';

export const KEY_ROUTES: readonly AdminRoute[] = [
  { method: 'PUT', path: 'add-service-account', handle: addKey },
  { method: 'POST', path: 'update-service-account', needs: ['accessKey'], handle: changeKey },
  {
    method: 'GET',
    path: 'info-service-account',
    needs: ['accessKey'],
    handle: (call) => {
      const account = requireOwn(call, 'admin:ListServiceAccounts');
      return { json: describe(call, account), encrypted: true };
    },
  },
  {
    method: 'GET',
    path: 'info-access-key',
    needs: ['accessKey'],
    action: 'admin:ListServiceAccounts',
    handle: (call) => {
      const account = call.state.serviceAccounts.get(call.query('accessKey'));
      // One that is switched off is not found here.
      if (account?.enabled !== true) throw new Refusal('XMinioAdminNoSuchAccessKey');
      const type = { userType: 'Service Account', userProvider: 'builtin' };
      return { json: { AccessKey: call.query('accessKey'), ...describe(call, account), ...type }, encrypted: true };
    },
  },
  { method: 'GET', path: 'list-service-accounts', handle: listKeys },
  { method: 'GET', path: 'list-access-keys-bulk', needs: ['listType'], handle: listAllKeys },
  {
    method: 'DELETE',
    path: 'delete-service-account',
    needs: ['accessKey'],
    handle: (call) => {
      requireOwn(call, 'admin:RemoveServiceAccount');
      call.state.serviceAccounts.delete(call.query('accessKey'));
      return NO_CONTENT;
    },
  },
];

async function addKey(call: AdminCall): Promise<{ json: Json; encrypted: true }> {
  const { state, caller, now, random } = call;
  const bad = (cause: string): Refusal => new Refusal('XMinioAdminConfigBadJSON', `incorrect format (${cause})`);
  const given = await call.secret(bad);
  const body = isJsonObject(given) ? given : {};
  const text = (name: string): string => readText(body[name]);
  const parent = text('targetUser') || caller.parent;
  const own = parent === caller.parent || parent === caller.accessKey;
  const action = 'admin:CreateServiceAccount';
  if (own ? isDenied(state, caller, action) : !mayDo(state, caller, action)) throw new Refusal('AccessDenied');
  checkShape(body);
  const expires = readExpiry(body['expiration'], now);
  const [accessKey, secret] = keysOf(body, random);
  const policy = readPolicy(body['policy']);
  if (accessKey === parent) throw new Refusal('XMinioIAMActionNotAllowed');
  if (state.serviceAccounts.has(parent)) throw new Refusal('XMinioIAMServiceAccountNotAllowed');
  if (parent !== state.root.accessKey && !state.users.has(parent)) throw new Refusal('XMinioAdminNoSuchUser');
  if (state.serviceAccounts.has(accessKey) || state.users.has(accessKey)) {
    throw new Refusal('XMinioIAMServiceAccountNotAllowed');
  }
  if (text('expiration') !== '' && expires !== undefined && expires.getTime() - now.getTime() < SHORTEST_LIFE_MS) {
    throw new Refusal('InternalError', 'please try again. (invalid service account expiration)');
  }
  const [name, description] = [text('name'), text('description')];
  state.serviceAccounts.set(accessKey, { parent, secret, enabled: true, policy, name, description, expires });
  const credentials = { accessKey, secretKey: secret, expiration: wordOf(expires) };
  return { json: { credentials }, encrypted: true };
}

/** Names, descriptions and times that are refused all get the same misleading text. */
function checkShape(body: JsonObject): void {
  const name = readText(body['name']);
  const description = readText(body['description']);
  if (name !== '' && !/^[A-Za-z][\w .-]{0,31}$/.test(name)) throw new Refusal('XMinioInvalidResource');
  if (description.length > 256) throw new Refusal('XMinioInvalidResource');
}

function readExpiry(value: Json | undefined, now: Date): Date | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const expires = new Date(readText(value));
  if (expires < now) throw new Refusal('XMinioInvalidResource');
  return expires;
}

function keysOf(body: JsonObject, random: AdminCall['random']): readonly [accessKey: string, secret: string] {
  const [accessKey, secret] = [readText(body['accessKey']), readText(body['secretKey'])];
  if (accessKey !== '' && secret === '') throw new Refusal('XMinioAdminNoSecretKey');
  if (accessKey === '' && secret !== '') throw new Refusal('XMinioAdminNoAccessKey');
  if (accessKey === '') {
    const minted = Buffer.from(random(40)).toString('hex').toUpperCase();
    return [minted.slice(0, 20), minted.slice(20, 60)];
  }
  if (accessKey.length < 3 || accessKey.length > 20) throw badAccessKey();
  if (secret.length < 8 || secret.length > 40) throw badSecretKey();
  return [accessKey, secret];
}

/** `{}` and null are no policy. */
function readPolicy(value: Json | undefined): JsonObject | undefined {
  if (typeof value === 'string') throw new Refusal('XMinioMalformedIAMPolicy', 'json: cannot unmarshal string');
  if (!isJsonObject(value) || Object.keys(value).length === 0) return undefined;
  checkStatements(value);
  if (JSON.stringify(value).length > LARGEST_POLICY) {
    throw new Refusal('XMinioIAMServiceAccountSessionPolicyTooLarge');
  }
  return value;
}

async function changeKey(call: AdminCall): Promise<typeof NO_CONTENT> {
  const account = requireOwn(call, 'admin:UpdateServiceAccount');
  const given = await call.secret((cause) => new Refusal('XMinioAdminConfigBadJSON', `incorrect format (${cause})`));
  const body = isJsonObject(given) ? given : {};
  const text = (name: string): string => readText(body[name]);
  const status = text('newStatus');
  if (!['', 'on', 'off', 'enabled', 'disabled'].includes(status)) throw new Refusal('InternalError');
  const secret = text('newSecretKey') || account.secret;
  if (secret.length < 8 || secret.length > 40) throw badSecretKey();
  call.state.serviceAccounts.set(call.query('accessKey'), {
    ...account,
    secret,
    enabled: status === '' ? account.enabled : status === 'on' || status === 'enabled',
    // What is left out is removed: the quirk that widened rights.
    policy: readPolicy(body['newPolicy']),
    name: text('newName') || account.name,
    description: text('newDescription') || account.description,
  });
  return NO_CONTENT;
}

function requireOwn(call: AdminCall, action: string): ServiceAccount {
  const { state, caller, query } = call;
  const account = state.serviceAccounts.get(query('accessKey'));
  const own = account?.parent === caller.parent;
  if (own ? isDenied(state, caller, action) : !mayDo(state, caller, action)) throw new Refusal('AccessDenied');
  if (account === undefined) throw noSuchServiceAccount();
  return account;
}

function listKeys(call: AdminCall): { json: Json; encrypted: true } {
  const { state, caller, query } = call;
  const user = query('user') || caller.parent;
  if (user !== caller.parent && !mayDo(state, caller, 'admin:ListServiceAccounts')) throw new Refusal('AccessDenied');
  const own = [...state.serviceAccounts].filter(([, { parent }]) => parent === user);
  const accounts = own.map(([accessKey, account]) => ({
    parentUser: account.parent,
    accountStatus: account.enabled ? 'on' : 'off',
    impliedPolicy: account.policy === undefined,
    accessKey,
    ...(account.name !== '' && { name: account.name }),
    ...(account.description !== '' && { description: account.description }),
    expiration: wordOf(account.expires),
  }));
  return { json: { accounts: accounts.length === 0 ? null : accounts }, encrypted: true };
}

function listAllKeys(call: AdminCall): { json: Json; encrypted: true } {
  const { state, caller, query } = call;
  const type = query('listType');
  if (!['all', 'users-only', 'svcacc-only', 'sts-only'].includes(type)) throw new Refusal('InvalidRequest');
  const named = query('users').split(',').filter(Boolean);
  const everyone = query('all') === 'true';
  const asked = everyone ? [...state.users.keys(), state.root.accessKey] : named.length > 0 ? named : [caller.parent];
  const foreign = asked.some((user) => user !== caller.parent);
  if (foreign && !mayDo(state, caller, 'admin:ListServiceAccounts')) throw new Refusal('AccessDenied');
  const known = asked.filter((user) => user === state.root.accessKey || state.users.has(user));
  const rows = known.flatMap((user) => {
    const serviceAccounts = [...state.serviceAccounts]
      .filter(([, { parent }]) => parent === user)
      // The status is not in this listing.
      .map(([accessKey, { expires }]) => ({
        parentUser: '',
        accountStatus: '',
        impliedPolicy: false,
        accessKey,
        expiration: wordOf(expires),
      }));
    const shown = type === 'all' || type === 'svcacc-only' ? serviceAccounts : [];
    if (shown.length === 0 && type !== 'users-only' && type !== 'all') return [];
    return [[user, { serviceAccounts: shown.length === 0 ? null : shown, stsKeys: null }] as const];
  });
  return { json: Object.fromEntries(rows), encrypted: true };
}

function describe({ state }: AdminCall, account: ServiceAccount): JsonObject {
  const documents = account.policy === undefined ? policiesOf(state, account.parent) : [account.policy];
  const statements = documents.flatMap((document) => statementsOf(reordered(document)));
  const policy =
    statements.length === 0 ? { Version: '', Statement: null } : { Version: '2012-10-17', Statement: statements };
  return {
    parentUser: account.parent,
    accountStatus: account.enabled ? 'on' : 'off',
    impliedPolicy: account.policy === undefined,
    policy: JSON.stringify(policy, null, 1),
    ...(account.name !== '' && { name: account.name }),
    ...(account.description !== '' && { description: account.description }),
    ...(account.expires !== undefined && { expiration: account.expires.toISOString() }),
  };
}

function wordOf(expires: Date | undefined): string {
  return expires === undefined ? EPOCH : expires.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
