import nock from 'nock';
import { expect, test } from 'vitest';
import { type AgentError, isAgentError } from '../../src/lib/errors.ts';
import { failure, HOST, type Rig, rig, signal, TOKEN, useNock } from './harness.ts';

useNock();

const IDP = 'https://idp.test';
const SECRET = 'client-secret-s3cr3t';
const oidc = {
  kind: 'oidc',
  tokenUrl: `${IDP}/realms/w/protocol/openid-connect/token`,
  clientId: 'agent',
  clientSecret: SECRET,
  scope: 'waldur',
} as const;

function onToken(status: number, body: unknown): void {
  nock(IDP)
    .post('/realms/w/protocol/openid-connect/token', {
      grant_type: 'client_credentials',
      client_id: 'agent',
      client_secret: SECRET,
      scope: 'waldur',
    })
    .matchHeader('content-type', 'application/x-www-form-urlencoded')
    .reply(status, JSON.stringify(body), { 'content-type': 'application/json' });
}

function onMe(authorization: string, times = 1, status = 200): void {
  nock(HOST)
    .get('/api/users/me/')
    .query(true)
    .matchHeader('authorization', authorization)
    .times(times)
    .reply(status, status === 200 ? { username: 'agent' } : { detail: 'Token has expired.' });
}

const me = ({ waldur }: Rig): Promise<unknown> => waldur.me(signal);

test.each([
  ['token', `Token ${TOKEN}`],
  ['bearer', `Bearer ${TOKEN}`],
] as const)('a %s goes with every request, and a 401 is not tried again', async (kind, header) => {
  const one = rig({ credentials: { kind, token: TOKEN } });
  onMe(header);
  await me(one);
  onMe(header, 1, 401);
  expect(await failure(me(one))).toMatchObject({ code: 'WALDUR_UNAUTHORIZED', disposition: 'operator' });
  expect(await one.waldur.queues.passcode(signal)).toBe(TOKEN);
});

test('a token file that was replaced is read again when Waldur refuses the old token', async () => {
  const files = ['', 'second', 'second'];
  const readSecret = async (): Promise<string> => files.shift() ?? Promise.reject(new Error('ENOENT'));
  const one = rig({ credentials: { kind: 'token', token: 'first', file: '/secrets/token' } }, { readSecret });
  // The file is empty in the moment between truncation and writing.
  onMe('Token first', 1, 401);
  expect(await failure(me(one))).toMatchObject({ code: 'WALDUR_UNAUTHORIZED' });
  onMe('Token first', 2, 401);
  onMe('Token second', 2);
  await Promise.all([me(one), me(one)]);
  expect(await one.waldur.queues.passcode(signal)).toBe('second');
  // Refused again, and the file has nothing else.
  onMe('Token second', 1, 401);
  expect(await failure(me(one))).toMatchObject({ code: 'WALDUR_UNAUTHORIZED' });
});

test('an OIDC token is fetched once for all who wait, and again 30 s before it ends', async () => {
  const one = rig({ credentials: oidc });
  onToken(200, { access_token: 'jwt-1', expires_in: 120 });
  onMe('Bearer jwt-1', 4);
  await Promise.all([me(one), me(one), me(one)]);
  await one.clock.advance(89_999);
  await me(one);
  onToken(200, { access_token: 'jwt-2' });
  onMe('Bearer jwt-2', 2);
  await one.clock.advance(1);
  await me(one);
  await one.clock.advance(269_999);
  await me(one);
  onToken(200, { access_token: 'jwt-3', expires_in: '20' });
  onMe('Bearer jwt-3', 2);
  await one.clock.advance(1);
  await me(one);
  await one.clock.advance(9_999);
  await me(one);
});

test('no scope is asked for unless configured', async () => {
  const one = rig({ credentials: { ...oidc, scope: undefined } });
  nock(IDP)
    .post(/token$/, { grant_type: 'client_credentials', client_id: 'agent', client_secret: SECRET })
    .reply(200, { access_token: 'jwt-1' });
  onMe('Bearer jwt-1');
  await me(one);
});

test('a 401 costs one fresh OIDC token and one more try', async () => {
  const one = rig({ credentials: oidc });
  onToken(200, { access_token: 'jwt-1', expires_in: 3600 });
  onMe('Bearer jwt-1', 1, 401);
  onToken(200, { access_token: 'jwt-2', expires_in: 3600 });
  onMe('Bearer jwt-2');
  await me(one);

  onMe('Bearer jwt-2', 1, 401);
  onToken(200, { access_token: 'jwt-3', expires_in: 3600 });
  onMe('Bearer jwt-3', 1, 401);
  expect((await failure(me(one))).code).toBe('WALDUR_UNAUTHORIZED');
});

test('requests refused together share one fresh OIDC token', async () => {
  const one = rig({ credentials: oidc });
  onToken(200, { access_token: 'jwt-1', expires_in: 3600 });
  onMe('Bearer jwt-1');
  await me(one);
  onMe('Bearer jwt-1', 3, 401);
  onToken(200, { access_token: 'jwt-2', expires_in: 3600 });
  onMe('Bearer jwt-2', 3);
  await Promise.all([me(one), me(one), me(one)]);
});

test.each<[string, number, unknown, Partial<AgentError>]>([
  [
    'refuses',
    401,
    { error: 'invalid_client', error_description: SECRET },
    { code: 'OIDC_UNAUTHORIZED', disposition: 'operator', message: 'token (oidc): OIDC answered 401: invalid_client' },
  ],
  [
    'refuses in another way',
    400,
    { error: `unknown ${SECRET}` },
    { code: 'OIDC_UNAUTHORIZED', disposition: 'operator', message: 'token (oidc): OIDC answered 400' },
  ],
  ['is down', 503, {}, { code: 'OIDC_FAILED', disposition: 'transient' }],
  ['refuses without a word', 403, [], { code: 'OIDC_UNAUTHORIZED', disposition: 'operator' }],
  ['answers a list', 200, [], { code: 'OIDC_BAD_ANSWER', disposition: 'transient' }],
  ['answers something else', 200, { token: SECRET }, { code: 'OIDC_BAD_ANSWER', disposition: 'transient' }],
])('the identity provider %s, and is asked again the next time', async (_, status, body, expected) => {
  const one = rig({ credentials: oidc });
  onToken(status, body);
  const error = await failure(me(one));
  expect(error).toMatchObject(expected);
  for (let cause: unknown = error; isAgentError(cause); cause = cause.cause)
    expect(String(cause.stack)).not.toContain(SECRET);
  onToken(200, { access_token: 'jwt-1' });
  onMe('Bearer jwt-1');
  await me(one);
});

test('with OIDC there is no broker password, and so no queue', async () => {
  const { waldur } = rig({ credentials: oidc });
  expect(await waldur.queues.register({ identity: '', offering: '' }, ['order'], signal)).toBeUndefined();
  expect(await failure(waldur.queues.passcode(signal))).toMatchObject({
    code: 'WALDUR_NO_PASSCODE',
    disposition: 'operator',
  });
  waldur.close();
});
