import { expect, test } from 'vitest';
import { failure, NO_ROUTE, OFFERING, onGet, onPost, rig, selected, signal, useNock, uuid } from './harness.ts';

useNock();

const REQUESTS = 'backend-resource-requests/';
const REQUEST = 'd1'.repeat(16);
const PROJECT = 'b0'.repeat(16);
const ROW = { uuid: REQUEST, state: 'Sent', offering: OFFERING, offering_name: 'S3', error_message: '' };
const { imports } = rig().waldur;

test('open requests, also from a server that ignores the filters', async () => {
  const rows = [ROW, { ...ROW, uuid: uuid(), state: 'Done' }, { ...ROW, uuid: uuid(), offering: uuid() }];
  const queries = onGet(REQUESTS, () => [200, rows]);
  expect(await imports.requests(OFFERING, signal)).toEqual([{ uuid: REQUEST, state: 'Sent' }]);
  expect(queries[0]?.getAll('state')).toEqual(['Sent', 'Processing']);
  expect(queries[0]?.get('offering_uuid')).toBe(OFFERING);
});

test('a server without import is asked once', async () => {
  const older = rig().waldur.imports;
  onGet(REQUESTS, () => [404, NO_ROUTE]);
  expect(await older.requests(OFFERING, signal)).toBeUndefined();
  expect(await older.requests(OFFERING, signal)).toBeUndefined();
});

test('the life of a request', async () => {
  onPost(`${REQUESTS}${REQUEST}/start_processing/`, {});
  await imports.startProcessing(REQUEST, signal);
  onPost(`${REQUESTS}${REQUEST}/set_done/`, {});
  await imports.setDone(REQUEST, signal);
  onPost(`${REQUESTS}${REQUEST}/set_erred/`, { error_message: 'no', error_traceback: '' });
  await imports.setErred(REQUEST, 'no', signal);
  onPost(`${REQUESTS}${REQUEST}/set_done/`, {}, 409, { detail: 'Valid states for operation: Processing.' });
  expect((await failure(imports.setDone(REQUEST, signal))).code).toBe('WALDUR_CONFLICT');
});

test('what was offered, and an offer', async () => {
  const row = { uuid: uuid(), backend_id: 'one', offering: OFFERING };
  onGet('backend-resources/', () => [200, [row, { ...row, uuid: uuid(), backend_id: 'other', offering: uuid() }]]);
  expect([...(await imports.offered(OFFERING, signal))]).toEqual(['one']);
  const limits = { storage: 5 };
  const body = { name: 'two', project: PROJECT, offering: OFFERING, backend_id: 'two', backend_metadata: { limits } };
  onPost('backend-resources/', body, 201, { ...row, backend_id: 'two' });
  await imports.offer({ name: 'two', project: PROJECT, offering: OFFERING, backendId: 'two', limits }, signal);
});

test('projects with the two slugs that are in a name', async () => {
  const project = { uuid: PROJECT, slug: 'genomics', customer_slug: 'acme', name: 'Genomics', customer_name: 'ACME' };
  onGet('projects/', (query) => [200, [selected(project, query)]]);
  expect(await imports.projects(signal)).toEqual([{ uuid: PROJECT, slug: 'genomics', customerSlug: 'acme' }]);
});
