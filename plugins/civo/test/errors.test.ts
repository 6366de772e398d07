import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../client.ts';
import { connect } from '../connect.ts';
import type { Fault } from '../emulator/faults.ts';
import { type Civo, failure, signal, startCivo, TOKEN, wordsOf } from './lab.ts';

let civo: Civo;
beforeEach(async () => {
  civo = await startCivo();
});
afterEach(() => civo.close());

const ID = '5cc0696d-6663-48a9-8123-87adb997138c';

function read() {
  return createClient(connect(civo.context({ timeout: 1 })), 'LON1').store(ID, signal);
}

function json(status: number, body: unknown, retryAfter?: string): Fault {
  return { kind: 'reply', reply: { status, body }, ...(retryAfter !== undefined && { retryAfter }) };
}

function text(status: number, body: string): Fault {
  return { kind: 'text', status, body };
}

/** Answers that were recorded from Civo or its clients, or that a proxy gives, and what the agent makes of them. */
const ANSWERS: Readonly<Record<string, readonly [Fault, code: string, disposition: string, says?: RegExp]>> = {
  'a token that is wrong': [
    json(401, { result: 'requires_authentication' }),
    'CIVO_UNAUTHORIZED',
    'operator',
    /401 Unauth/,
  ],
  'a token that is wrong, with success': [
    json(200, { result: 'requires_authentication' }),
    'CIVO_UNAUTHORIZED',
    'operator',
  ],
  'a token that is wrong, as an account that is not found': [
    json(404, { code: 'database_account_not_found', reason: 'Failed to find the account' }),
    'CIVO_UNAUTHORIZED',
    'operator',
  ],
  'an account that may not': [json(403, { code: 'database_account_access_denied' }), 'CIVO_UNAUTHORIZED', 'operator'],
  'an account that is not enabled': [json(400, { code: 'account_not_enabled_for_x' }), 'CIVO_UNAUTHORIZED', 'operator'],
  'a key that is invalid': [json(401, { code: 'authentication_invalid_key' }), 'CIVO_UNAUTHORIZED', 'operator'],
  'access denied': [json(403, { code: 'authentication_access_denied' }), 'CIVO_UNAUTHORIZED', 'operator'],
  'a text with 401': [text(401, 'Unauthorized'), 'CIVO_UNAUTHORIZED', 'operator'],
  'a region that is not there': [
    json(404, { code: 'database_region_not_found' }),
    'CIVO_REGION',
    'operator',
    /valid region/,
  ],
  'a region by reason': [json(400, { code: 'x', reason: 'Region not found' }), 'CIVO_REGION', 'operator'],
  'a region without object stores': [
    json(400, {
      code: 'database_region_feature_not_supported',
      reason: 'Feature object_store is not supported in region NYC1',
    }),
    'CIVO_REGION_UNSUPPORTED',
    'operator',
    /Feature object_store is not supported in region NYC1/,
  ],
  'a region that is full': [json(400, { code: 'out_of_capacity' }), 'CIVO_NO_CAPACITY', 'operator'],
  'a quota that is reached': [
    json(403, { code: 'quota_limit_reached', reason: 'The quota limit', details: 'objectstore_gb' }),
    'CIVO_QUOTA',
    'operator',
    /objectstore_gb.*contact Civo/s,
  ],
  'a credential that was not made': [
    json(400, { code: 'x', reason: 'credential creation failed' }),
    'CIVO_QUOTA',
    'operator',
  ],
  'a lock': [json(409, { code: 'database_quota_lock_failed' }), 'CIVO_LOCKED', 'transient'],
  'a locked state': [json(400, { code: 'x', reason: 'state locked' }), 'CIVO_LOCKED', 'transient'],
  'a service that is disabled': [json(403, { code: 'disabled_service' }), 'CIVO_DISABLED', 'operator'],
  'a name that exists': [
    json(400, { code: 'database_objectstore_exists' }),
    'CIVO_NAME_EXISTS',
    'terminal',
    /different name/,
  ],
  'a name that exists, with 409': [json(409, { code: 'database_objectstore_exists' }), 'CIVO_NAME_EXISTS', 'terminal'],
  'another kind of not found': [
    json(404, { code: 'database_kubernetes_cluster_not_found' }),
    'CIVO_NOT_FOUND',
    'operator',
  ],
  'not found without a code': [json(404, { reason: 'nope' }), 'CIVO_NOT_FOUND', 'operator'],
  'a route that is missing': [json(404, { result: 'not_found', status: 404 }), 'CIVO_NOT_FOUND', 'operator'],
  'a text with 404': [
    text(404, '404 page not found\n'),
    'CIVO_BAD_ANSWER',
    'operator',
    /404, and the answer was not understood/,
  ],
  'an empty 404': [text(404, ''), 'CIVO_BAD_ANSWER', 'operator'],
  'a store not found with 400': [json(400, { code: 'database_objectstore_not_found' }), 'CIVO_REFUSED', 'terminal'],
  'a conflict': [json(409, { code: 'objectstore_credential_in_use', reason: 'attached' }), 'CIVO_BUSY', 'transient'],
  'a timeout of a proxy': [text(408, ''), 'CIVO_TIMEOUT', 'transient'],
  'too many requests': [json(429, { code: 'too_many_requests' }, '7'), 'CIVO_RATE_LIMITED', 'transient'],
  'too many requests, as a text': [text(429, 'Too Many Requests'), 'CIVO_RATE_LIMITED', 'transient'],
  maintenance: [json(503, { code: 'x', reason: 'maintenance' }), 'CIVO_FAILED', 'transient', /maintenance/],
  'a status of 500 in a body with 400': [
    json(400, { status: 500, code: 'database_objectstore_exists' }),
    'CIVO_FAILED',
    'transient',
  ],
  'a page': [text(502, '<html><h1>502 Bad Gateway</h1></html>'), 'CIVO_FAILED', 'transient'],
  'a page of a proxy': [text(403, '<html>blocked</html>'), 'CIVO_BAD_ANSWER', 'operator'],
  'an empty 500': [text(500, ''), 'CIVO_FAILED', 'transient'],
  'something new': [
    json(400, { code: 'something_new', reason: 'a new reason', details: 'more' }),
    'CIVO_REFUSED',
    'terminal',
    /400: something_new a new reason more/,
  ],
  'a reason that is an object': [json(400, { reason: { a: 1 } }), 'CIVO_REFUSED', 'terminal', /\{"a":1\}/],
  'a code that is a number': [json(400, { code: 5 }), 'CIVO_REFUSED', 'terminal'],
  'details that are null': [json(400, { code: 'x', reason: null, details: null }), 'CIVO_REFUSED', 'terminal'],
  'a list of errors': [json(400, [{ code: 'x' }]), 'CIVO_BAD_ANSWER', 'operator'],
  'nothing, with success': [text(200, ''), 'CIVO_BAD_ANSWER', 'transient'],
  'null, with success': [json(200, null), 'CIVO_BAD_ANSWER', 'transient'],
  'a page, with success': [text(200, '<html>login</html>'), 'CIVO_BAD_ANSWER', 'transient'],
  'a list, with success': [json(200, []), 'CIVO_BAD_ANSWER', 'transient'],
  'half of the JSON': [text(200, '{"id":"5cc0'), 'CIVO_BAD_ANSWER', 'transient'],
  'a failure, with success': [
    json(200, { result: 'failed', reason: 'still attached' }),
    'CIVO_FAILED',
    'transient',
    /still attached/,
  ],
  'an end of the connection': [{ kind: 'lost' }, 'CIVO_UNREACHABLE', 'transient'],
};

describe.each(Object.entries(ANSWERS))('%s', (_, [fault, code, disposition, says]) => {
  it('is an error that says what was being done and what to do, and no absence', async () => {
    civo.faults = () => fault;
    const error = await failure(read());
    expect(error).toMatchObject({ code, disposition });
    expect(error.message).toContain(`failed to read the store ${ID}`);
    if (says !== undefined) expect(wordsOf(error)).toMatch(says);
    expect(wordsOf(error)).not.toContain(TOKEN);
  });
});

describe('an absence', () => {
  it.each([
    'database_objectstore_not_found',
    'database_object_store_not_found',
    'database_objectstore_credential_not_found',
  ])('is a 404 with the code %s', async (code) => {
    civo.faults = () => json(404, { code, reason: 'Failed to find' });
    expect(await read()).toBeUndefined();
  });
});

describe('an answer', () => {
  const STORE = {
    id: ID,
    name: 'wal-a',
    max_size: 500,
    status: 'ready',
    objectstore_endpoint: 'https://x.example/wal-a',
  };

  it.each([
    ['size under its other name', { ...STORE, max_size: undefined, max_size_gb: 500 }, { sizeGb: 500 }],
    ['status in capitals', { ...STORE, status: 'READY' }, { status: 'ready' }],
    ['active', { ...STORE, status: 'active' }, { status: 'ready' }],
    ['error', { ...STORE, status: 'error' }, { status: 'failed' }],
    ['a new status', { ...STORE, status: 'scheduling' }, { status: 'pending', said: 'scheduling' }],
    ['no status', { ...STORE, status: null }, { status: 'pending' }],
    ['an owner that is null', { ...STORE, owner_info: null }, { credentialId: '' }],
    [
      'an endpoint without a scheme',
      { ...STORE, objectstore_endpoint: 'x.example/b-zqws' },
      { endpoint: 'https://x.example', bucket: 'b-zqws' },
    ],
    [
      'an endpoint without a bucket',
      { ...STORE, objectstore_endpoint: 'x.example' },
      { endpoint: 'https://x.example', bucket: 'wal-a' },
    ],
    ['no endpoint', { ...STORE, objectstore_endpoint: null }, { endpoint: '', bucket: 'wal-a' }],
    ['a size that is no number', { ...STORE, max_size: '5e2' }, { sizeGb: undefined }],
  ])('is read with %s', async (_, body, expected) => {
    civo.faults = () => json(200, body);
    expect(await read()).toMatchObject(expected);
  });

  it('is not taken for a store without an id that can be in a URL', async () => {
    civo.faults = () => json(200, { ...STORE, id: '../x' });
    expect(await failure(read())).toMatchObject({ code: 'CIVO_BAD_ANSWER' });
  });
});

describe('lists', () => {
  const list = () => createClient(connect(civo.context()), 'LON1').stores(signal);

  it('go through all pages, whatever their size', async () => {
    const [region] = civo.account.options.regions;
    if (region === undefined) throw new Error('no region');
    Object.assign(civo.account.options, { quotaGb: 1_000_000 });
    for (let i = 0; i < 245; i++) await civo.account.createStore(region, `store-${i}`, 500, undefined);
    expect(await list()).toHaveLength(245);
    expect(civo.calls()).toHaveLength(3);
  });

  it.each([
    ['null items', { page: 1, pages: 1, items: null }],
    ['no pages', { items: [] }],
    ['a bare list', []],
  ])('may have %s', async (_, body) => {
    civo.faults = () => json(200, body);
    expect(await list()).toEqual([]);
  });

  it.each([
    ['no items', { page: 1 }],
    ['an item that is no store', { items: [{ id: 1 }] }],
    ['pages without end', { items: [], pages: 1_000_000 }],
    ['null', null],
  ])('fail with %s, for absences are concluded from them', async (_, body) => {
    civo.faults = () => json(200, body);
    expect(await failure(list())).toMatchObject({ code: 'CIVO_BAD_ANSWER', disposition: 'transient' });
  });
});
