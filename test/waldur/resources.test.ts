import { expect, test } from 'vitest';
import { decodeMetered, decodeResource } from '../../src/waldur/decode.ts';
import { RESOURCE_JSON } from './examples.ts';
import {
  collect,
  failure,
  NO_ROUTE,
  OFFERING,
  onGet,
  onPost,
  RESOURCE,
  rig,
  selected,
  signal,
  useNock,
  uuid,
} from './harness.ts';

useNock();

const PATH = `marketplace-provider-resources/${RESOURCE}/`;
const { resources } = rig().waldur;

test('a resource is read with its offering in the query and every field it needs', async () => {
  const queries = onGet(PATH, (query) => [200, selected(RESOURCE_JSON, query)]);
  expect(await resources.get(RESOURCE, OFFERING, signal)).toEqual(decodeResource(RESOURCE_JSON));
  expect(queries[0]?.get('offering_uuid')).toBe(OFFERING);
});

const ROWS = [
  RESOURCE_JSON,
  { ...RESOURCE_JSON, uuid: uuid(), state: 'Erred' },
  { ...RESOURCE_JSON, uuid: uuid(), state: 'Terminated' },
  { ...RESOURCE_JSON, uuid: uuid(), offering_uuid: uuid() },
];
const ASKED = { offering: OFFERING, states: ['OK', 'Erred'] } as const;

test('resources are listed, also from a server that ignores the filters', async () => {
  const queries = onGet('marketplace-provider-resources/', (query) => [200, ROWS.map((row) => selected(row, query))]);
  expect(await collect(resources.list(ASKED, signal))).toEqual(ROWS.slice(0, 2).map(decodeResource));
  expect(queries[0]?.getAll('state')).toEqual(['OK', 'Erred']);
  expect(queries[0]?.get('offering_uuid')).toBe(OFFERING);
});

test('a row that says nothing about itself is no resource', async () => {
  onGet('marketplace-provider-resources/', () => [200, ['nonsense']]);
  expect((await failure(collect(resources.list(ASKED, signal)))).code).toBe('WALDUR_BAD_ANSWER');
});

test('for usage they come by page with few fields', async () => {
  const queries = onGet(
    'marketplace-provider-resources/',
    (query) => {
      const page = Number(query.get('page'));
      const headers = { link: page === 1 ? '<x?page=2>; rel="next"' : '' };
      return [200, [selected(ROWS[page - 1] ?? {}, query)], headers];
    },
    2,
  );
  const pages = await collect(resources.listMetered(ASKED, signal));
  expect(pages).toEqual(ROWS.slice(0, 2).map((row) => [decodeMetered(row)]));
  expect(queries[0]?.getAll('field')).not.toContain('backend_metadata');
});

test('a resource is found, gone, or not to be told from either', async () => {
  onGet(PATH, (query) => [200, selected(RESOURCE_JSON, query)]);
  expect(await resources.find(RESOURCE, signal)).toBe('OK');
  onGet(PATH, () => [404, { detail: 'Not found.' }]);
  expect(await resources.find(RESOURCE, signal)).toBeUndefined();
  onGet(PATH, () => [404, NO_ROUTE]);
  expect((await failure(resources.find(RESOURCE, signal))).code).toBe('WALDUR_NO_ROUTE');
  onGet(PATH, () => [502, '<h1>']);
  expect((await failure(resources.find(RESOURCE, signal))).code).toBe('WALDUR_FAILED');
});

test('what must succeed', async () => {
  onPost(`${PATH}set_backend_id/`, { backend_id: 'acc' }, 200, { status: 'Resource backend_id has been changed.' });
  await resources.setBackendId(RESOURCE, 'acc', signal);
  onPost(`${PATH}set_backend_metadata/`, { backend_metadata: { a: { b: 1 } } });
  await resources.setBackendMetadata(RESOURCE, { a: { b: 1 } }, signal);
  onPost(`${PATH}set_backend_id/`, { backend_id: 'ACC' }, 400, { backend_id: ['Not unique.'] });
  expect(await failure(resources.setBackendId(RESOURCE, 'ACC', signal))).toMatchObject({
    code: 'WALDUR_REFUSED',
    disposition: 'terminal',
    message: 'set backend id (resources): Waldur answered 400: backend_id: Not unique.',
  });
});

const endpoint = { name: 'S3', url: 'https://s3.example' };
test.each<[string, unknown, (one: typeof resources) => Promise<boolean>]>([
  ['set_endpoints', { endpoints: [endpoint] }, (one) => one.setEndpoints(RESOURCE, [endpoint], signal)],
  ['set_limits', { limits: { storage: 5 } }, (one) => one.setLimits(RESOURCE, { storage: 5 }, signal)],
  ['set_as_erred', { error_message: 'x', error_traceback: '' }, (one) => one.setAsErred(RESOURCE, 'x', signal)],
  ['set_as_ok', {}, (one) => one.setAsOk(RESOURCE, signal)],
  ['refresh_last_sync', {}, (one) => one.refreshLastSync(RESOURCE, signal)],
])('%s is done where it exists, and asked for once where it does not', async (action, body, call) => {
  onPost(`${PATH}${action}/`, body);
  expect(await call(rig().waldur.resources)).toBe(true);
  const older = rig().waldur.resources;
  onPost(`${PATH}${action}/`, body, 404, NO_ROUTE);
  expect(await call(older)).toBe(false);
  expect(await call(older)).toBe(false);
});

test('set_as_erred is for staff on older servers', async () => {
  onPost(`${PATH}set_as_erred/`, { error_message: 'x', error_traceback: '' }, 403, { detail: 'no' });
  expect(await resources.setAsErred(RESOURCE, 'x', signal)).toBe(false);
  onPost(`${PATH}set_as_erred/`, { error_message: 'x', error_traceback: '' }, 500, '<h1>');
  expect((await failure(resources.setAsErred(RESOURCE, 'x', signal))).code).toBe('WALDUR_FAILED');
});
