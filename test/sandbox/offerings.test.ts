import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

const path = (uuid: string, action = ''): string => `marketplace-provider-offerings/${uuid}/${action && `${action}/`}`;

describe('reading', () => {
  test('an offering with everything the agent selects', async () => {
    const { as } = await open();
    const fields = [
      'uuid',
      'type',
      'state',
      'customer_uuid',
      'components',
      'plans',
      'plugin_options',
      'resource_options',
    ];
    const { status, body } = await as().get(
      `${path(FIXTURE.options)}?${fields.map((name) => `field=${name}`).join('&')}`,
    );
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual(fields.toSorted());
    expect(body).toMatchObject({ type: 'Marketplace.Slurm', state: 'Active', customer_uuid: FIXTURE.provider });
    expect(body.plans).toHaveLength(2);
    expect(body.resource_options.options.storage_limit).toMatchObject({ type: 'integer' });
  });

  test('strangers see none', async () => {
    const { as } = await open();
    expect((await as('other-provider').get(path(FIXTURE.limit))).status).toBe(404);
    expect((await as('nobody').get('marketplace-provider-offerings/')).body).toEqual([]);
    expect((await as().get('marketplace-provider-offerings/?name=METERED&state=Active&field=uuid')).body).toEqual([
      { uuid: FIXTURE.usage },
    ]);
  });

  test('a plan has quotas', async () => {
    const { as } = await open();
    const { body } = await as().get(`marketplace-plans/${FIXTURE.biggerPlan}/`);
    expect(body).toMatchObject({ uuid: FIXTURE.biggerPlan, name: 'Premium', quotas: { storage: 1000 } });
    expect((await as().get(`marketplace-plans/${'a'.repeat(32)}/`)).status).toBe(404);
  });
});

describe('creating', () => {
  const body = {
    name: 'New storage',
    type: 'Marketplace.Slurm',
    category: `http://x/api/marketplace-categories/${FIXTURE.category}/`,
    customer: `http://x/api/customers/${FIXTURE.provider}/`,
    components: [{ type: 'storage', name: 'Storage', billing_type: 'limit', measured_unit: 'GB' }],
    plans: [{ name: 'Default', unit: 'month' }],
    plugin_options: { disable_autoapprove: true },
  };

  test('starts as a draft; options come afterwards; activation puts it on sale', async () => {
    const { as } = await open();
    const created = await as().post('marketplace-provider-offerings/', body);
    expect([created.status, created.body.state]).toEqual([201, 'Draft']);
    const { uuid } = created.body;
    const form = { order: ['a'], options: { a: { type: 'integer', label: 'A' } } };
    expect((await as().post(path(uuid, 'update_options'), { options: form })).status).toBe(200);
    expect((await as().post(path(uuid, 'update_resource_options'), { resource_options: form })).status).toBe(200);
    await as().post(path(uuid, 'update_integration'), { plugin_options: { can_restore_resource: true } });
    expect((await as().post(path(uuid, 'activate'))).status).toBe(403);
    const activated = await as('staff').post(path(uuid, 'activate'));
    expect(activated.body).toEqual({ detail: 'Offering state updated.', state: 'Active' });
    expect((await as('staff').post(path(uuid, 'activate'))).status).toBe(409);
    expect((await as().get(path(uuid))).body).toMatchObject({
      options: form,
      resource_options: form,
      plugin_options: { can_restore_resource: true },
      components: [{ type: 'storage', limit_period: 'month' }],
      plans: [{ name: 'Default' }],
    });
  });

  test('an owner puts it on sale where Waldur is set to allow that', async () => {
    const { as } = await open({ ownersActivate: true });
    const { uuid } = (await as().post('marketplace-provider-offerings/', body)).body;
    expect((await as().post(path(uuid, 'activate'))).body.state).toBe('Active');
  });

  test.each([
    ['name', { name: undefined }, ['This field is required.']],
    ['name', { name: ' ' }, ['This field may not be blank.']],
    ['type', { type: 'slurm' }, ['Invalid value.']],
    ['category', { category: 'x' }, ['Invalid hyperlink - No URL match.']],
    ['customer', { customer: `http://x/${FIXTURE.limit}/` }, ['Invalid hyperlink - Object does not exist.']],
  ])('a wrong %s is refused', async (field, change, problem) => {
    const { as } = await open();
    const answer = await as().post('marketplace-provider-offerings/', { ...body, ...change });
    expect([answer.status, answer.body]).toEqual([400, { [field]: problem }]);
  });

  test('only by an owner of the organization', async () => {
    const { as } = await open();
    expect((await as('offering-manager').post('marketplace-provider-offerings/', body)).status).toBe(403);
  });
});

describe('components', () => {
  const component = { type: 'inodes', name: 'Inodes', billing_type: 'usage', limit_period: 'annual' };

  test('create, update and remove', async () => {
    const { as } = await open();
    const created = await as().post(path(FIXTURE.usage, 'create_offering_component'), component);
    expect([created.status, created.body.type]).toEqual([201, 'inodes']);
    const { uuid } = created.body;
    const update = { uuid, type: 'inodes', name: 'Files', billing_type: 'usage' };
    const updated = await as().post(path(FIXTURE.usage, 'update_offering_component'), update);
    expect([updated.status, updated.text]).toEqual([200, '']);
    const { body } = await as().get(path(FIXTURE.usage));
    // An omitted limit period is reset.
    expect(body.components[1]).toMatchObject({ name: 'Files', limit_period: 'month' });
    expect((await as().post(path(FIXTURE.usage, 'remove_offering_component'), { uuid })).status).toBe(200);
    expect((await as().get(path(FIXTURE.usage))).body.components).toHaveLength(1);
  });

  test('what is refused', async () => {
    const opened = await open();
    const { as, sandbox } = opened;
    const uuid = sandbox.store.offerings.get(FIXTURE.limit)?.components[0]?.uuid;
    const post = (action: string, body: unknown) => as().post(path(FIXTURE.limit, action), body);
    expect((await post('update_offering_component', {})).body).toEqual({
      details: 'UUID for offering component was not provided.',
    });
    expect((await post('update_offering_component', { uuid: 'a'.repeat(32) })).status).toBe(404);
    expect((await post('create_offering_component', { ...component, type: 'storage' })).status).toBe(400);
    expect((await post('create_offering_component', { ...component, billing_type: 'x' })).body).toEqual({
      billing_type: ['"x" is not a valid choice.'],
    });
    expect((await post('create_offering_component', { ...component, max_value: 1.5 })).body).toEqual({
      max_value: ['A valid integer is required.'],
    });
    await readyResource(opened);
    expect((await post('remove_offering_component', { uuid })).body).toEqual({ details: expect.any(String) });
  });
});

describe('the rest', () => {
  test('check_unique_backend_id', async () => {
    const opened = await open();
    await readyResource(opened);
    const [row] = opened.sandbox.store.resources.all();
    const check = (body: unknown, offering: string = FIXTURE.limit) =>
      opened.as().post(path(offering, 'check_unique_backend_id'), body);
    expect((await check({ backend_id: row?.backendId })).body).toEqual({
      is_unique: false,
      is_valid_format: null,
      errors: [],
    });
    expect((await check({ backend_id: row?.backendId }, FIXTURE.usage)).body.is_unique).toBe(true);
    expect((await check({ backend_id: row?.backendId, check_all_offerings: true }, FIXTURE.usage)).body.is_unique).toBe(
      false,
    );
    if (row) row.offering.backendIdRules = { format: '^waldur' };
    expect((await check({ backend_id: 'x', use_offering_rules: true })).body).toMatchObject({ is_valid_format: false });
  });

  test('sync, attribute config and account lists', async () => {
    const { as } = await open();
    expect((await as().post(path(FIXTURE.limit, 'sync_resources'))).status).toBe(202);
    const config = await as().get(path(FIXTURE.limit, 'user-attribute-config'));
    expect(config.body).toMatchObject({ exposed_fields: ['username', 'full_name', 'email'], is_default: true });
    expect((await as().get(path(FIXTURE.limit, 'list_course_accounts'))).body).toEqual([]);
  });
});
