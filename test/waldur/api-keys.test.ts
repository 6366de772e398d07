import { expect, test } from 'vitest';
import { failure, NO_ROUTE, OFFERING, onGet, onPost, RESOURCE, rig, signal, useNock, uuid } from './harness.ts';

useNock();

const KEYS = 'marketplace-resource-api-keys/';
const KEY = '7c7c7c7c7c7c4c7c8c7c7c7c7c7c7c7c';
const ROW = {
  uuid: KEY,
  resource_uuid: RESOURCE,
  resource_backend_id: 'waldur_acme_genomics_5a1e5a1e',
  client_id: 'AKIAOLD',
  state: 'Updating',
  modified: '2026-08-25T10:05:00Z',
  error_message: '',
};
const PAIR = { accessKey: 'AKIANEW', secretKey: 'never-to-be-shown' };
const { apiKeys } = rig().waldur;

test('a row of 8.1, and one of a newer server that waits for a key', async () => {
  const wanted = { ...ROW, uuid: uuid(), client_id: null, state: 'Creating', pending_action: 'create', limits: {} };
  const failed = { ...ROW, uuid: uuid(), state: 'Erred', pending_action: 'rotate' };
  onGet(KEYS, () => [200, [ROW, wanted, failed]]);
  const [known, asked, erred] = (await apiKeys.list({ offering: OFFERING, resource: RESOURCE }, signal)) ?? [];
  expect(known).toEqual({
    uuid: KEY,
    resource: RESOURCE,
    clientId: 'AKIAOLD',
    state: 'Updating',
    pendingAction: undefined,
    modified: '2026-08-25T10:05:00Z',
  });
  expect(asked).toMatchObject({ clientId: undefined, pendingAction: 'create' });
  // The command that failed: the consumer decides about it.
  expect(erred).toMatchObject({ state: 'Erred', pendingAction: undefined });
});

test('filters are sent, and checked again for a server that ignores them', async () => {
  const rows = [
    ROW,
    { ...ROW, state: 'OK' },
    { ...ROW, modified: '2026-08-25T11:00:00Z' },
    { ...ROW, resource_uuid: uuid() },
  ];
  const queries = onGet(KEYS, () => [200, rows.map((row) => ({ ...row, uuid: row === ROW ? KEY : uuid() }))]);
  const before = new Date('2026-08-25T10:30:00Z');
  const found = await apiKeys.list({ offering: OFFERING, resource: RESOURCE, states: ['Updating'], before }, signal);
  expect(found?.map((key) => key.uuid)).toEqual([KEY]);
  const query = Object.fromEntries(queries[0] ?? []);
  expect(query).toMatchObject({
    offering_uuid: OFFERING,
    resource_uuid: RESOURCE,
    state: 'Updating',
    modified_before: before.toISOString(),
  });
});

test('the whole list or none of it', async () => {
  onGet(
    KEYS,
    (query) => (query.get('page') === '1' ? [200, [ROW], { link: '<x?page=2>; rel="next"' }] : [502, '<h1>']),
    2,
  );
  expect((await failure(apiKeys.list({ offering: OFFERING }, signal))).code).toBe('WALDUR_FAILED');
  onGet(KEYS, () => [200, [ROW, { ...ROW, uuid: uuid(), state: null }]]);
  expect((await failure(apiKeys.list({ offering: OFFERING }, signal))).code).toBe('WALDUR_BAD_ANSWER');
});

test('a server without API keys is asked once', async () => {
  const older = rig().waldur.apiKeys;
  onGet(KEYS, () => [404, NO_ROUTE]);
  expect(await older.list({ offering: OFFERING }, signal)).toBeUndefined();
  expect(await older.list({ offering: OFFERING }, signal)).toBeUndefined();
});

test('what is reported', async () => {
  onPost(`${KEYS}report_created/`, { resource: RESOURCE, client_id: 'AKIANEW', api_key: PAIR.secretKey }, 201, ROW);
  await apiKeys.reportCreated(RESOURCE, PAIR, signal);
  onPost(`${KEYS}${KEY}/set_key/`, { client_id: 'AKIANEW', api_key: PAIR.secretKey }, 200, ROW);
  await apiKeys.setKey(KEY, PAIR, signal);
  onPost(`${KEYS}${KEY}/set_erred/`, { error_message: 'no room' }, 200, ROW);
  await apiKeys.setErred(KEY, 'no room', signal);
});

test('a refusal that repeats the secret does not show it', async () => {
  const body = { resource: RESOURCE, client_id: 'AKIANEW', api_key: PAIR.secretKey };
  onPost(`${KEYS}report_created/`, body, 400, { api_key: [`"${PAIR.secretKey}" is too long.`] });
  const error = await failure(apiKeys.reportCreated(RESOURCE, PAIR, signal));
  expect(error).toMatchObject({ code: 'WALDUR_REFUSED', disposition: 'terminal', status: 400 });
  expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain(PAIR.secretKey);
  expect(error.message).toContain('"***" is too long');
});

test('a late report is a conflict', async () => {
  onPost(`${KEYS}${KEY}/set_key/`, { client_id: 'AKIANEW', api_key: PAIR.secretKey }, 409, { detail: 'settled' });
  expect(await failure(apiKeys.setKey(KEY, PAIR, signal))).toMatchObject({ code: 'WALDUR_CONFLICT' });
});
