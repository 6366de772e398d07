import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { choicePage } from './choice-page.ts';
import { createGrants, type Grants } from './grants.ts';
import { createIdTokens } from './id-tokens.ts';
import { PEOPLE } from './people.ts';

/** An OpenID Connect server for trying logins: whoever comes chooses who to be. Only for agents on this machine. */
export interface SandboxLogin {
  readonly issuer: string;
  readonly clientId: string;
  close(): Promise<void>;
}

const CLIENT = 'storage-agent';
const LONGEST_BODY = 16_384;

/** @param port 0 lets the system choose */
export async function startSandboxLogin(port = 0): Promise<SandboxLogin> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = createIdTokens(issuer, CLIENT);
  const grants = createGrants();
  server.on('request', (request, response) => {
    const call = { issuer, tokens, grants };
    answer(call, request, response).catch(() => response.writeHead(500).end());
  });
  return {
    issuer,
    clientId: CLIENT,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Parts {
  readonly issuer: string;
  readonly tokens: ReturnType<typeof createIdTokens>;
  readonly grants: Grants;
}

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { issuer, tokens } = parts;
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
  const json = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(value));
  };
  switch (`${request.method} ${pathname}`) {
    case 'GET /.well-known/openid-configuration':
      return json(200, metadata(issuer));
    case 'GET /jwks':
      return json(200, { keys: [tokens.publicKey] });
    case 'GET /authorize':
      return authorize(parts, searchParams, response);
    case 'POST /token':
      return exchange(parts, await readForm(request), json);
    case 'GET /logout':
      return leave(searchParams, response);
    default:
      return json(404, { error: 'not_found' });
  }
}

function metadata(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    end_session_endpoint: `${issuer}/logout`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['openid', 'profile'],
    claims_supported: ['sub', 'name', 'preferred_username', 'groups'],
  };
}

/** Shows who there is; with `user` it sends the browser back with a code. */
function authorize({ grants }: Parts, query: URLSearchParams, response: ServerResponse): void {
  const redirect = query.get('redirect_uri') ?? '';
  const isComplete =
    query.get('client_id') === CLIENT && query.get('code_challenge_method') === 'S256' && isHere(redirect);
  if (!isComplete) {
    response.writeHead(400, { 'content-type': 'text/plain' });
    response.end('This is no login of an agent on this machine.\n');
    return;
  }
  const user = query.get('user');
  if (user === null || !Object.hasOwn(PEOPLE, user)) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(choicePage(query));
    return;
  }
  const code = grants.give({
    user,
    redirect,
    challenge: query.get('code_challenge') ?? '',
    nonce: query.get('nonce') ?? undefined,
  });
  const back = new URL(redirect);
  back.searchParams.set('code', code);
  back.searchParams.set('state', query.get('state') ?? '');
  response.writeHead(302, { location: back.href }).end();
}

function exchange(
  { grants, tokens }: Parts,
  form: URLSearchParams,
  json: (status: number, value: unknown) => void,
): void {
  const grant = grants.take(form.get('code') ?? '', form.get('redirect_uri') ?? '', form.get('code_verifier') ?? '');
  if (grant === undefined || form.get('grant_type') !== 'authorization_code') {
    json(400, { error: 'invalid_grant' });
    return;
  }
  const claims = { ...PEOPLE[grant.user], ...(grant.nonce !== undefined && { nonce: grant.nonce }) };
  const idToken = tokens.sign({ sub: grant.user, ...claims });
  json(200, { token_type: 'Bearer', expires_in: 300, access_token: 'opens-nothing', id_token: idToken });
}

function leave(query: URLSearchParams, response: ServerResponse): void {
  const back = query.get('post_logout_redirect_uri') ?? '';
  if (isHere(back)) response.writeHead(302, { location: back }).end();
  else response.writeHead(200, { 'content-type': 'text/plain' }).end('You are logged out.\n');
}

function isHere(address: string): boolean {
  return URL.canParse(address) && /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//.test(address);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (text.length > LONGEST_BODY) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}
