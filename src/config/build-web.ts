import { isLoopbackUrl } from '../lib/loopback.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawConfig, RawWeb } from './raw.ts';
import { readCa } from './read-ca.ts';
import type { SubstituteDeps } from './substitute.ts';
import type { LoginConfig, WebConfig } from './types.ts';

const HOUR = 3_600_000;

/** The page for people, from a part of the file that satisfies the schema. */
export function buildWeb(
  raw: RawWeb | undefined,
  agent: Pick<RawConfig, 'global_proxy'>,
  readFile: SubstituteDeps['readFile'],
): { readonly web: WebConfig; readonly problems: readonly Problem[] } {
  const { public_url: publicUrl, base_path: path, login } = raw ?? {};
  const url = publicUrl !== undefined && URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  const ownPath = url?.pathname.replace(/\/+$/, '') ?? '';
  const ca = readCa(login?.ca_file, '/web/login/ca_file', readFile);
  const reached = { ca: ca.text, proxy: (login?.proxy ?? agent.global_proxy) || undefined };
  const web = { origin: url?.origin, basePath: path ?? ownPath, login: login && buildLogin(login, reached) };
  return { web, problems: [...problemsOf(raw ?? {}, url), ...ca.problems] };
}

function buildLogin(raw: NonNullable<RawWeb['login']>, reached: Pick<LoginConfig, 'ca' | 'proxy'>): LoginConfig {
  return {
    issuer: raw.issuer,
    clientId: raw.client_id,
    clientSecret: raw.client_secret,
    ...reached,
    scope: raw.scope,
    userClaim: raw.user_claim,
    roleClaim: raw.role_claim,
    admins: raw.admins,
    sessionMs: Number.parseInt(raw.session, 10) * HOUR,
  };
}

function problemsOf(
  { public_url: publicUrl, base_path: path, login }: RawWeb,
  url: URL | undefined,
): readonly Problem[] {
  const wrong = (key: string, message: string, hint: string): Problem => ({
    severity: 'error',
    path: key.split('.').reduce(pointer, '/web'),
    message,
    hint,
  });
  const problems: Problem[] = [];
  if (publicUrl !== undefined && url === undefined) {
    problems.push(wrong('public_url', '"public_url" is not a URL', 'write it as https://agent.example.org'));
  }
  if (url !== undefined && path !== undefined && url.pathname.replace(/\/+$/, '') !== path) {
    problems.push(
      wrong('base_path', '"base_path" differs from the path of "public_url"', 'leave it out: public_url says it'),
    );
  }
  if (login === undefined) return problems;
  if (url === undefined) {
    const hint = 'add public_url: the login server sends browsers back there';
    problems.push(wrong('login', '"login" needs "public_url"', hint));
  }
  if (url?.protocol === 'http:' && !isLoopbackUrl(url)) {
    problems.push(wrong('public_url', 'a login needs https', 'put a reverse proxy with TLS before the agent'));
  }
  if (URL.canParse(login.issuer) && new URL(login.issuer).protocol === 'http:' && !isLoopbackUrl(login.issuer)) {
    problems.push(wrong('login.issuer', 'the login server must be reached by https', 'write https://'));
  }
  if (!login.scope.split(' ').includes('openid')) {
    problems.push(wrong('login.scope', '"scope" must contain openid', 'scope: openid profile'));
  }
  return problems;
}
