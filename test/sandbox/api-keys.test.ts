import { expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

const KEYS = 'marketplace-resource-api-keys/';

async function start() {
  const opened = await open();
  const resource = await readyResource(opened);
  const report = (client_id: string, api_key = 'secret') =>
    opened.as().post(`${KEYS}report_created/`, { resource, client_id, api_key });
  return { ...opened, resource, report };
}

test('report_created is an upsert on resource and client id, and lists never show the secret', async () => {
  const { as, resource, report } = await start();
  const first = await report('AK');
  expect(first.status).toBe(201);
  expect(first.body).toMatchObject({ client_id: 'AK', state: 'OK', resource_uuid: resource, error_message: '' });
  expect((await report('AK', 'other')).body.uuid).toBe(first.body.uuid);
  const list = await as().get(`${KEYS}?resource_uuid=${resource}&offering_uuid=${FIXTURE.limit}&state=OK`);
  expect(list.body).toHaveLength(1);
  expect(list.text).not.toContain('other');
  expect((await as('nobody').get(KEYS)).body).toEqual([]);
});

test('rotation: Updating, then set_key; what is refused on the way', async () => {
  const { as, report } = await start();
  const { uuid } = (await report('AK')).body;
  await report('AK2');
  expect((await as().post(`${KEYS}${uuid}/set_erred/`, { error_message: 'x' })).status).toBe(409);
  expect((await as().post(`${KEYS}${uuid}/rotate/`)).status).toBe(403);
  expect((await as('consumer').post(`${KEYS}${uuid}/rotate/`)).status).toBe(202);
  expect((await as('consumer').post(`${KEYS}${uuid}/rotate/`)).status).toBe(409);
  expect((await as('consumer').get(`${KEYS}${uuid}/reveal/`)).status).toBe(409);
  const taken = await as().post(`${KEYS}${uuid}/set_key/`, { api_key: 'new', client_id: 'AK2' });
  expect(taken.status).toBe(400);
  const failed = await as().post(`${KEYS}${uuid}/set_erred/`, { error_message: 'no room' });
  expect(failed.body).toMatchObject({ state: 'Erred', error_message: 'no room' });
  expect((await as('consumer').post(`${KEYS}${uuid}/rotate/`)).status).toBe(202);
  const set = await as().post(`${KEYS}${uuid}/set_key/`, { api_key: 'new' });
  expect([set.status, set.body.state, set.body.client_id]).toEqual([200, 'OK', 'AK']);
  const revealed = await as('consumer').get(`${KEYS}${uuid}/reveal/`);
  expect([revealed.body.api_key, revealed.headers.get('cache-control')]).toEqual(['new', 'no-store']);
  expect((await as().get(`${KEYS}${uuid}/reveal/`)).status).toBe(403);
  expect((await as().send('DELETE', `${KEYS}${uuid}/`)).status).toBe(405);
});

test('a dying resource takes no keys', async () => {
  const { sandbox, resource, report } = await start();
  sandbox.placeOrder({ type: 'Terminate', resource });
  expect((await report('AK')).status).toBe(409);
});

test('who may report', async () => {
  const { as, resource } = await start();
  const body = { resource, client_id: 'AK', api_key: 's' };
  expect((await as('consumer').post(`${KEYS}report_created/`, body)).status).toBe(403);
  expect((await as('nobody').post(`${KEYS}report_created/`, body)).status).toBe(400);
  expect((await as().post(`${KEYS}report_created/`, { resource })).body).toEqual({
    client_id: ['This field is required.'],
  });
});

test('modified_before finds the rows that have waited', async () => {
  const { as, sandbox, report } = await start();
  await report('AK');
  const before = async (time: string) => (await as().get(`${KEYS}?modified_before=${time}`)).body.length;
  expect(await before(new Date(sandbox.clock.nowMs() - 60_000).toISOString())).toBe(0);
  expect(await before(new Date(sandbox.clock.nowMs() + 60_000).toISOString())).toBe(1);
});
