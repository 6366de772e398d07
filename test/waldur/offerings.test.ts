import { expect, test } from 'vitest';
import { decodeOffering } from '../../src/waldur/decode.ts';
import { COMPONENT_JSON, OFFERING_JSON } from './examples.ts';
import { failure, OFFERING, onGet, onPost, rig, selected, signal, useNock, uuid } from './harness.ts';

useNock();

const { offerings } = rig().waldur;
const PATH = `marketplace-provider-offerings/${OFFERING}/`;

test('an offering', async () => {
  onGet(PATH, (query) => [200, selected(OFFERING_JSON, query)]);
  expect(await offerings.get(OFFERING, signal)).toEqual(decodeOffering(OFFERING_JSON));
});

test('an offering that is not there is for the operator', async () => {
  onGet(PATH, () => [404, { detail: 'Not found.' }]);
  expect(await failure(offerings.get(OFFERING, signal))).toMatchObject({
    code: 'WALDUR_NOT_FOUND',
    disposition: 'operator',
    hint: expect.stringContaining('waldur_offering_uuid') as unknown,
  });
  onGet(PATH, () => [502, '<h1>']);
  expect((await failure(offerings.get(OFFERING, signal))).code).toBe('WALDUR_FAILED');
});

test('a plan', async () => {
  const plan = { uuid: uuid(), name: 'Standard', quotas: { storage: 100 }, prices: {} };
  onGet(`marketplace-plans/${plan.uuid}/`, (query) => [200, selected(plan, query)]);
  expect(await offerings.plan(plan.uuid, signal)).toEqual({
    uuid: plan.uuid,
    name: 'Standard',
    quotas: { storage: 100 },
  });
});

test('writes', async () => {
  onPost(`${PATH}create_offering_component/`, COMPONENT_JSON, 201);
  await offerings.createComponent(OFFERING, COMPONENT_JSON, signal);
  onPost(`${PATH}update_offering_component/`, COMPONENT_JSON);
  await offerings.updateComponent(OFFERING, COMPONENT_JSON, signal);
  onPost(`${PATH}update_integration/`, { plugin_options: { a: true } });
  await offerings.updatePluginOptions(OFFERING, { a: true }, signal);
  onPost(`${PATH}update_resource_options/`, { resource_options: { order: [], options: {} } });
  await offerings.updateResourceOptions(OFFERING, { order: [], options: {} }, signal);
  onPost(`${PATH}activate/`, {}, 200, { detail: 'ok', state: 'Active' });
  await offerings.activate(OFFERING, signal);
  onPost('marketplace-provider-offerings/', { name: 'S3' }, 201, { uuid: OFFERING, name: 'S3' });
  expect(await offerings.create({ name: 'S3' }, signal)).toBe(OFFERING);
});

test('prices of every plan', async () => {
  onGet(PATH, (query) => [200, selected({ plans: [{ uuid: OFFERING, name: 'Standard' }], name: 'x' }, query)]);
  onPost(`marketplace-plans/${OFFERING}/update_prices/`, { prices: { storage: '0.02' } });
  await offerings.updatePrices(OFFERING, { storage: '0.02' }, signal);
});

test('a category by its exact title', async () => {
  const row = (title: string): Record<string, unknown> => ({ uuid: OFFERING, url: `https://w/${title}/`, title });
  const queries = onGet(
    'marketplace-categories/',
    (query) => [200, [row('Storages'), row('Storage')].map((one) => selected({ ...one, uuid: uuid() }, query))],
    2,
  );
  expect(await offerings.findCategory('Storage', signal)).toMatchObject({ url: 'https://w/Storage/' });
  expect(await offerings.findCategory('storage', signal)).toBeUndefined();
  expect(queries[0]?.get('title')).toBe('Storage');
});

test('an organisation by slug, name or UUID', async () => {
  const acme = { uuid: uuid(), url: 'https://w/customers/1/', name: 'ACME Inc.', slug: 'acme' };
  const other = { uuid: uuid(), url: 'https://w/customers/2/', name: 'Other', slug: 'other' };
  onGet('customers/', (query) => [200, [other, acme].map((row) => selected(row, query))], 5);
  const expected = { uuid: acme.uuid, url: acme.url };
  for (const name of ['acme', 'ACME Inc.', acme.uuid, acme.uuid.toUpperCase()])
    expect(await offerings.findCustomer(name, signal)).toEqual(expected);
  expect(await offerings.findCustomer('nobody', signal)).toBeUndefined();
});
