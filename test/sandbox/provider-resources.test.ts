import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

const path = (uuid: string, action = ''): string => `marketplace-provider-resources/${uuid}/${action && `${action}/`}`;

async function start() {
  const opened = await open();
  const uuid = await readyResource(opened);
  const row = opened.sandbox.store.resources.get(uuid);
  if (row === undefined) throw new Error('no resource');
  return { ...opened, uuid, row };
}

describe('lists', () => {
  test('by offerings and states; Terminated ones are there unless filtered', async () => {
    const { sandbox, as, uuid } = await start();
    const gone = sandbox.placeOrder({ state: 'executing' });
    await as().post(`marketplace-orders/${gone.uuid}/set_state_erred/`, { error_message: '', error_traceback: '' });
    const uuids = async (query: string) =>
      (await as().get(`marketplace-provider-resources/?field=uuid&${query}`)).body.map(
        (row: { uuid: string }) => row.uuid,
      );
    expect(await uuids(`offering_uuid=${FIXTURE.limit}`)).toEqual([uuid, gone.resource.uuid]);
    expect(await uuids(`offering_uuid=${FIXTURE.limit}&offering_uuid=${FIXTURE.usage}&state=OK&state=Erred`)).toEqual([
      uuid,
    ]);
    expect(await uuids('state=Terminated')).toEqual([gone.resource.uuid]);
    expect(await uuids(`backend_id=waldur_${uuid.slice(0, 8)}`)).toEqual([uuid]);
    expect(await uuids('slug=resource-1')).toEqual([uuid]);
    expect(await uuids('name=RESOURCE-1')).toEqual([uuid]);
    expect(await uuids('paused=true')).toEqual([]);
    expect(await uuids(`project_uuid=${FIXTURE.secondProject}`)).toEqual([]);
    expect((await as().get('marketplace-provider-resources/?state=Fine')).status).toBe(400);
  });

  test('a consumer sees resources only in the consumer list', async () => {
    const { as, uuid } = await start();
    expect((await as('consumer').get('marketplace-provider-resources/')).body).toEqual([]);
    expect((await as('consumer').get(path(uuid))).status).toBe(404);
    expect((await as('consumer').get('marketplace-resources/?field=uuid')).body).toEqual([{ uuid }]);
  });

  test('the full object has every key', async () => {
    const { as, uuid } = await start();
    const { body } = await as().get(path(uuid));
    expect(Object.keys(body).length).toBeGreaterThanOrEqual(80);
    expect(body).toMatchObject({ state: 'OK', endpoints: [], report: [], backend_metadata: {}, has_api_keys: false });
    expect(body.creation_order).toMatchObject({ type: 'Create', state: 'done' });
    // Of a parent it has none, Waldur's own client could not read a null.
    expect(Object.keys(body).filter((key) => /^parent_|^service_settings/.test(key))).toEqual([]);
    expect(body.offering_components[0]).toMatchObject({ type: 'storage', limit_period: 'month', limit_amount: null });
  });
});

describe('writes', () => {
  test('set_backend_id', async () => {
    const { as, uuid, row } = await start();
    const changed = await as().post(path(uuid, 'set_backend_id'), { backend_id: 'new' });
    expect([changed.status, changed.body]).toEqual([200, { status: 'Resource backend_id has been changed.' }]);
    const again = await as().post(path(uuid, 'set_backend_id'), { backend_id: 'new' });
    expect(again.body).toEqual({ status: 'Resource backend_id is not changed.' });
    expect(row.backendId).toBe('new');
    const long = await as().post(path(uuid, 'set_backend_id'), { backend_id: 'x'.repeat(256) });
    expect(long.body).toEqual({ backend_id: ['Ensure this field has no more than 255 characters.'] });
    row.offering.backendIdRules = { format: '^waldur_' };
    expect((await as().post(path(uuid, 'set_backend_id'), { backend_id: 'bad' })).status).toBe(400);
  });

  test('a backend id must be unique where the rules say so', async () => {
    const opened = await start();
    const other = await readyResource(opened);
    opened.row.offering.backendIdRules = { uniqueness: 'offering' };
    const answer = await opened.as().post(path(other, 'set_backend_id'), { backend_id: opened.row.backendId });
    expect([answer.status, answer.body]).toEqual([400, { backend_id: ['Backend ID is not unique.'] }]);
  });

  test('set_limits replaces, and refuses unknown components with a text instead of a list', async () => {
    const { as, uuid, row } = await start();
    const bad = await as().post(path(uuid, 'set_limits'), { limits: { foo: 1 } });
    expect([bad.status, bad.body]).toEqual([400, { limits: 'Unknown component types: foo' }]);
    const good = await as().post(path(uuid, 'set_limits'), { limits: { storage: 5 } });
    expect(good.body).toEqual({ status: 'The resource limits are updated' });
    expect(row.limits).toEqual({ storage: 5 });
  });

  test('metadata, endpoints and report replace', async () => {
    const { as, uuid, row } = await start();
    row.backendMetadata = { old: 1 };
    const metadata = await as().post(path(uuid, 'set_backend_metadata'), { backend_metadata: { s3_user: 'u' } });
    expect([metadata.body, row.backendMetadata]).toEqual([
      { status: 'The backend metadata is updated' },
      { s3_user: 'u' },
    ]);
    const endpoints = [{ name: 'S3', url: 'https://s3.example' }];
    const set = await as().post(path(uuid, 'set_endpoints'), { endpoints });
    expect(set.body).toEqual({ status: 'The access endpoints are updated' });
    expect((await as().get(`${path(uuid)}?field=endpoints`)).body.endpoints).toMatchObject(endpoints);
    const relative = await as().post(path(uuid, 'set_endpoints'), { endpoints: [{ name: 'S3', url: 's3.example' }] });
    expect([relative.status, relative.body]).toEqual([400, { endpoints: [{ url: ['Enter a valid URL.'] }] }]);
    const report = await as().post(path(uuid, 'submit_report'), { report: [{ header: 'h', body: 'b' }] });
    expect([report.body, row.report]).toEqual([{ status: 'Report is submitted' }, [{ header: 'h', body: 'b' }]]);
    expect((await as().post(path(uuid, 'submit_report'), { report: [] })).status).toBe(400);
  });

  test('every write moves `modified` on; refresh_last_sync moves `last_sync`', async () => {
    const { as, uuid, row } = await start();
    const before = { ...row };
    const answer = await as().post(path(uuid, 'refresh_last_sync'));
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(row.lastSync > before.lastSync).toBe(true);
    expect(row.modified > before.modified).toBe(true);
  });

  test('set_as_erred keeps old texts where new ones are empty; set_as_ok clears them', async () => {
    const { as, uuid, row } = await start();
    await as().post(path(uuid, 'set_as_erred'), { error_message: 'gone', error_traceback: 't' });
    await as().post(path(uuid, 'set_as_erred'), { error_message: '', error_traceback: '' });
    expect([row.state, row.errorMessage]).toEqual(['Erred', 'gone']);
    const kept = await as().post(path(uuid, 'set_state_ok'));
    expect([kept.body, row.errorMessage]).toEqual([{ status: 'Resource state has been set to OK.' }, 'gone']);
    const refused = await as().post(path(uuid, 'set_state_ok'));
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toBe('Valid states for operation: Erred, Creating, Updating, Terminating.');
    const cleared = await as().post(path(uuid, 'set_as_ok'));
    expect([cleared.text, row.errorMessage]).toEqual(['', '']);
  });

  test('set_as_ok on a terminated resource crashes the server', async () => {
    const { sandbox, as, uuid } = await start();
    const order = sandbox.placeOrder({ type: 'Terminate', resource: uuid, state: 'executing' });
    await as().post(`marketplace-orders/${order.uuid}/set_state_done/`);
    expect((await as().post(path(uuid, 'set_as_ok'))).status).toBe(500);
  });

  test('an unavailable offering takes no writes', async () => {
    const { as, uuid, row } = await start();
    row.offering.state = 'Unavailable';
    const { status, body } = await as().post(path(uuid, 'set_limits'), { limits: {} });
    expect([status, body]).toEqual([400, ['Offering is unavailable.']]);
  });

  test.each(['set_limits', 'refresh_last_sync', 'set_as_ok', 'set_backend_metadata', 'set_endpoints', 'submit_report'])(
    'an offering manager may not %s',
    async (action) => {
      const { as, uuid } = await start();
      expect((await as('offering-manager').post(path(uuid, action), {})).status).toBe(403);
      expect((await as('other-provider').post(path(uuid, action), {})).status).toBe(404);
    },
  );

  test.each(['set_backend_id', 'set_as_erred', 'set_state_ok'])('but may %s', async (action) => {
    const { as, uuid } = await start();
    await as().post(path(uuid, 'set_as_erred'), {});
    expect((await as('offering-manager').post(path(uuid, action), { backend_id: 'x' })).status).toBe(200);
  });

  test('pull needs a backend id and a settled state', async () => {
    const { sandbox, as, uuid } = await start();
    const { status, body } = await as().post(path(uuid, 'pull'));
    expect([status, body]).toEqual([202, { detail: 'Pull operation was successfully scheduled.' }]);
    expect((await as().post(path(sandbox.placeOrder().resource.uuid, 'pull'))).status).toBe(409);
  });

  test('flags and slug belong to staff', async () => {
    const { as, uuid, row } = await start();
    expect((await as().post(path(uuid, 'set_paused'), { paused: true })).status).toBe(403);
    expect((await as('staff').post(path(uuid, 'set_paused'), { paused: true })).status).toBe(200);
    await as('staff').post(path(uuid, 'set_downscaled'), { downscaled: true });
    await as('staff').post(path(uuid, 'set_restrict_member_access'), { restrict_member_access: true });
    await as('staff').post(path(uuid, 'set_slug'), { slug: 'renamed' });
    expect(row).toMatchObject({ paused: true, downscaled: true, restrictMemberAccess: true, slug: 'renamed' });
    expect((await as('staff').post(path(uuid, 'set_paused'), {})).body).toEqual({
      paused: ['This field is required.'],
    });
  });

  test('update_options_direct merges, validates, and waits for an open options order', async () => {
    const opened = await open();
    const uuid = await readyResource(opened, { offering: FIXTURE.options, attributes: { object_limit: 1 } });
    const { as, sandbox } = opened;
    const good = await as().post(path(uuid, 'update_options_direct'), { options: { storage_limit: 2 } });
    expect(good.body).toEqual({ status: 'Resource options have been updated directly.' });
    expect(sandbox.store.resources.get(uuid)?.options).toEqual({ object_limit: 1, storage_limit: 2 });
    const bad = await as().post(path(uuid, 'update_options_direct'), { options: { storage_limit: 'much' } });
    expect([bad.status, bad.body]).toEqual([400, { storage_limit: ['A valid integer is required.'] }]);
    sandbox.placeOrder({ type: 'Update', kind: 'options', resource: uuid, options: {} });
    const busy = await as().post(path(uuid, 'update_options_direct'), { options: { storage_limit: 3 } });
    expect([busy.status, busy.body]).toEqual([
      409,
      { detail: "There's a pending order for changing resource options." },
    ]);
    const plain = await readyResource(opened);
    const none = await as().post(path(plain, 'update_options_direct'), { options: { storage_limit: 3 } });
    expect([none.status, none.body]).toEqual([400, { options: ['Metadata for resource options is not defined.'] }]);
  });
});

describe('team', () => {
  test('project members, unpaginated', async () => {
    const { as, uuid } = await start();
    const { body, headers } = await as().get(path(uuid, 'team'));
    expect(body.map((row: { username: string; role: string }) => [row.username, row.role])).toEqual([
      ['consumer', 'PROJECT.ADMIN'],
      ['member', 'PROJECT.MEMBER'],
    ]);
    expect(headers.get('link')).toBeNull();
  });

  test('membership sync needs the plugin option', async () => {
    const { as, uuid, row } = await start();
    const statuses = [{ username: 'member', state: 'synced' }, { username: 'ghost' }];
    const off = await as().post(path(uuid, 'set_membership_sync_statuses'), { statuses });
    expect([off.status, off.body.detail]).toEqual([409, 'Membership sync status is not enabled for this offering.']);
    row.offering.pluginOptions = { enable_membership_sync_status: true };
    const on = await as().post(path(uuid, 'set_membership_sync_statuses'), { statuses });
    expect(on.body).toEqual({ stored: 1, skipped: ['ghost'] });
    expect((await as().post(path(uuid, 'sync_user_roles'))).status).toBe(200);
    expect((await as().post(path(uuid, 'sync_user_roles'))).status).toBe(429);
  });
});
