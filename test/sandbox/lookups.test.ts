import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open } from './harness.ts';

describe('who and where', () => {
  test('users/me with roles', async () => {
    const { as } = await open();
    const { body } = await as().get('users/me/?field=username&field=is_staff&field=token_lifetime&field=permissions');
    expect(body).toMatchObject({ username: 'provider-owner', is_staff: false, token_lifetime: null });
    expect(body.permissions).toMatchObject([
      { role_name: 'CUSTOMER.OWNER', scope_type: 'customer', scope_uuid: FIXTURE.provider, scope_name: 'Provider Org' },
    ]);
    const manager = await as('offering-manager').get('users/me/');
    expect(manager.body.permissions[0]).toMatchObject({ scope_type: 'offering', customer_uuid: FIXTURE.provider });
  });

  test('version needs no token', async () => {
    const { sandbox } = await open();
    expect(await (await fetch(`${sandbox.url}version/`)).json()).toEqual({ version: '8.1.2' });
  });

  test('categories, customers, providers and projects by name', async () => {
    const { as } = await open();
    expect((await as().get('marketplace-categories/?title=storage&field=title')).body).toEqual([{ title: 'Storage' }]);
    expect((await as().get('customers/?name_exact=Provider%20Org&field=uuid')).body).toEqual([
      { uuid: FIXTURE.provider },
    ]);
    expect((await as().get('customers/?query=acme')).body).toEqual([]);
    expect((await as().get(`customers/${FIXTURE.provider}/`)).body.url).toContain(
      `/api/customers/${FIXTURE.provider}/`,
    );
    expect((await as().get(`customers/${FIXTURE.consumer}/`)).status).toBe(404);
    const providers = await as().get(`marketplace-service-providers/?customer_uuid=${FIXTURE.provider}&field=uuid`);
    expect(providers.body).toHaveLength(1);
    const [{ uuid }] = providers.body;
    expect((await as().get(`marketplace-service-providers/${uuid}/keys/`)).body).toEqual([]);
    expect((await as().get(`marketplace-service-providers/${uuid}/projects/`)).body).toEqual([]);
    expect((await as('consumer').get('projects/?slug=genomics&field=uuid')).body).toEqual([{ uuid: FIXTURE.project }]);
    expect((await as('nobody').get(`projects/${FIXTURE.project}/`)).status).toBe(404);
  });
});

describe('importing', () => {
  test('a request is processed in order', async () => {
    const { as } = await open();
    const { status, body } = await as().post('backend-resource-requests/', { offering: FIXTURE.limit });
    expect([status, body.state]).toEqual([201, 'Sent']);
    const post = (action: string, more = {}) => as().post(`backend-resource-requests/${body.uuid}/${action}/`, more);
    expect((await post('set_done')).status).toBe(409);
    expect((await post('start_processing')).status).toBe(200);
    expect((await post('set_done')).status).toBe(200);
    expect((await post('set_erred', { error_message: 'x', error_traceback: '' })).status).toBe(200);
    const list = await as().get(`backend-resource-requests/?offering_uuid=${FIXTURE.limit}&state=Erred`);
    expect(list.body).toMatchObject([{ state: 'Erred', error_message: 'x', started: expect.any(String) }]);
  });

  test('backend resources come and go', async () => {
    const { as } = await open();
    const row = { name: 'bucket', project: FIXTURE.project, offering: FIXTURE.limit, backend_id: 'b' };
    const created = await as().post('backend-resources/', row);
    expect([created.status, created.body.project_name]).toEqual([201, 'Genomics']);
    expect((await as().post('backend-resources/', row)).status).toBe(400);
    expect((await as().get(`backend-resources/?offering_uuid=${FIXTURE.limit}&backend_id=b`)).body).toHaveLength(1);
    expect((await as().send('DELETE', `backend-resources/${created.body.uuid}/`)).status).toBe(204);
    expect((await as().get(`backend-resources/${created.body.uuid}/`)).status).toBe(404);
  });
});

test('offering users follow their states', async () => {
  const { as, sandbox } = await open();
  const offering = sandbox.store.offerings.get(FIXTURE.limit);
  const [user] = sandbox.store.users.by('username', 'member');
  if (!offering || !user) throw new Error('fixture');
  const now = sandbox.clock.stamp();
  const dates = { created: now, modified: now };
  const texts = { username: '', state: 'Requested', comment: '', commentUrl: '' };
  const { uuid } = sandbox.store.offeringUsers.insert({ uuid: 'f'.repeat(32), offering, user, ...texts, ...dates });
  const path = `marketplace-offering-users/${uuid}/`;
  expect((await as().post(`${path}set_ok/`)).status).toBe(409);
  expect((await as().post(`${path}begin_creating/`)).status).toBe(200);
  const named = await as().send('PATCH', path, { username: 'bob' });
  expect([named.body.username, named.body.state]).toEqual(['bob', 'OK']);
  const list = await as().get(
    `marketplace-offering-users/?offering_uuid=${FIXTURE.limit}&state=OK&is_restricted=false`,
  );
  expect(list.body).toMatchObject([{ user_username: 'member' }]);
});
