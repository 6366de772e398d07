import { readFileSync } from 'node:fs';
import { type RequestListener, request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { LoginConfig } from '../../src/config/types.ts';
import { createHttp } from '../../src/lib/http.ts';
import { createReleasers } from '../../src/lib/releasers.ts';
import { startSandboxLogin } from '../../src/sandbox/login/login-server.ts';
import { createLoginFetch } from '../../src/web/login/login-fetch.ts';
import { createProvider, type Provider } from '../../src/web/login/provider.ts';
import { openBrowser } from '../fakes/browser.ts';
import { manualClock } from '../fakes/clock.ts';
import { loginConfig } from '../fakes/login-server.ts';
import { startProxy, startServer } from '../lib/http-server.ts';

/** The way to the login server: proxy, CA, deadline and stop. */
const PEM = readFileSync(new URL('../lib/http-fixtures/localhost.pem', import.meta.url), 'utf8');
const CERTIFICATE = PEM.slice(0, PEM.indexOf('-----BEGIN PRIVATE'));
const BACK = 'http://127.0.0.1:9/auth/callback';
const ATTEMPT = { state: 's'.repeat(43), nonce: 'n'.repeat(43), verifier: 'v'.repeat(43) };

const releasers = createReleasers();
const clock = manualClock(new Date().toISOString());
afterEach(() => releasers.release());

async function serve(listener: RequestListener, tls?: string): Promise<number> {
  const server = await startServer(listener, tls);
  releasers.add(() => server.close());
  return server.port;
}

function providerOf(config: LoginConfig, signal = new AbortController().signal): Provider {
  const fetch = createLoginFetch(config, { http: (options) => createHttp(options, { clock }), signal });
  return createProvider(config, BACK, { clock, fetch });
}

/** A server that never answers, and when it is asked first. */
async function silent(): Promise<{ readonly issuer: string; readonly asked: Promise<void> }> {
  let note = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    note = resolve;
  });
  return { issuer: `http://127.0.0.1:${await serve(() => note())}`, asked };
}

/** A proxy that forwards plain HTTP and notes the paths. */
function forwarding(asked: string[]): Promise<number> {
  return serve((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '');
    asked.push(url.pathname);
    const { method, headers } = incoming;
    const forwarded = request(url, { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
}

test('every request of a login goes through the proxy', async () => {
  const server = await startSandboxLogin();
  releasers.add(() => server.close());
  const asked: string[] = [];
  const proxy = `http://127.0.0.1:${await forwarding(asked)}`;
  const provider = providerOf(loginConfig({ ...server, proxy }));
  const browser = openBrowser();
  const choice = await browser.follow((await provider.begin(ATTEMPT)).href);
  const link = /href="([^"]*user=alice[^"]*)"/.exec(choice.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const end = await browser.follow(new URL(link, choice.url).href, (url) => url.startsWith(BACK));
  const claims = await provider.finish(new URL(end.location ?? '').searchParams, ATTEMPT);
  expect(claims).toMatchObject({ preferred_username: 'alice' });
  expect(asked).toEqual(['/.well-known/openid-configuration', '/token', '/jwks']);
});

test('a login server with a certificate of the site is trusted by ca_file alone, also through a tunnel', async () => {
  const tunnelled: string[] = [];
  let issuer = '';
  const port = await serve((_, response) => {
    const authorization_endpoint = `${issuer}/authorize`;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ issuer, authorization_endpoint, token_endpoint: `${issuer}/token` }));
  }, PEM);
  issuer = `https://localhost:${port}`;
  const tunnel = await startProxy(port, tunnelled);
  releasers.add(() => tunnel.close());
  const proxy = `http://user:hunter22@127.0.0.1:${tunnel.port}`;
  const url = await providerOf(loginConfig({ issuer, proxy, ca: CERTIFICATE })).begin(ATTEMPT);
  expect([url.origin, tunnelled]).toEqual([issuer, [`localhost:${port}`]]);
  const refused: unknown = await providerOf(loginConfig({ issuer, proxy }))
    .begin(ATTEMPT)
    .catch((error) => error);
  expect(refused).toMatchObject({ code: 'LOGIN_SERVER', cause: { code: 'LOGIN_SERVER_TLS' } });
  expect(String(refused)).toContain('LOGIN_SERVER_TLS');
  expect(JSON.stringify(refused) + String((refused as Error).cause)).not.toContain('hunter22');
});

test('a login server that says nothing is given up after ten seconds', async () => {
  const { issuer, asked } = await silent();
  const refused = providerOf(loginConfig({ issuer }))
    .begin(ATTEMPT)
    .catch((error: unknown) => error);
  await asked;
  await clock.advance(10_000);
  expect(await refused).toMatchObject({ code: 'LOGIN_SERVER', cause: { code: 'LOGIN_SERVER_TIMEOUT' } });
});

test('a stop ends what is asked of the login server', async () => {
  const { issuer, asked } = await silent();
  const stop = new AbortController();
  const refused = providerOf(loginConfig({ issuer }), stop.signal)
    .begin(ATTEMPT)
    .catch((error: unknown) => error);
  await asked;
  stop.abort(new Error('the agent is stopping'));
  expect(await refused).toMatchObject({ code: 'LOGIN_SERVER' });
});
