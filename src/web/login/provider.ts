import type { Configuration } from 'openid-client';
import type { LoginConfig } from '../../config/types.ts';
import type { Clock } from '../../lib/clock.ts';
import { AgentError, isAgentError } from '../../lib/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { LoginFetch } from './login-fetch.ts';

/** The login server. */
export interface Provider {
  /** Where the browser must go. @throws AgentError transient `LOGIN_SERVER` when the server does not answer as one. */
  begin(attempt: Attempt): Promise<URL>;
  /**
   * What the server says of whoever came back.
   *
   * @param query of the address that the server sent the browser to
   * @throws AgentError terminal `LOGIN_REFUSED` when the answer is none to this attempt, or a refusal; transient
   *   `LOGIN_SERVER`.
   */
  finish(query: URLSearchParams, attempt: Attempt): Promise<JsonObject>;
  /** Where a logout goes on, for servers that have such a place and were spoken to before. */
  endSession(backTo: string): string | undefined;
}

/** What only this agent and this browser know of an attempt. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
}

/** Its endpoints and keys are asked for again after this. */
const KNOWN_MS = 3_600_000;
const RETRY_MS = 5_000;

type Library = typeof import('openid-client');

export interface ProviderDeps {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** How the login server is reached; ends what takes too long. */
  readonly fetch: LoginFetch;
}

export function createProvider(config: LoginConfig, redirectUri: string, { clock, fetch }: ProviderDeps): Provider {
  let known: { readonly server: Promise<Configuration>; readonly untilMs: number } | undefined;
  let latest: { readonly library: Library; readonly server: Configuration } | undefined;

  async function open(): Promise<{ readonly library: Library; readonly server: Configuration }> {
    // Loaded at the first login: an agent that is not looked at does without.
    const library = await import('openid-client');
    const now = clock.monotonicMs();
    if (known === undefined || now >= known.untilMs) {
      const server = discover(library, config, fetch);
      known = { server, untilMs: now + KNOWN_MS };
      // A server that is down is not asked by every click.
      server.catch(() => {
        known = { server, untilMs: now + RETRY_MS };
      });
    }
    const opened = { library, server: await known.server };
    latest = opened;
    return opened;
  }

  return {
    begin: async ({ state, nonce, verifier }) => {
      const { library, server } = await open();
      return library.buildAuthorizationUrl(server, {
        redirect_uri: redirectUri,
        scope: config.scope,
        state,
        nonce,
        code_challenge: await library.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
    },
    finish: async (query, { state, nonce, verifier }) => {
      const { library, server } = await open();
      const address = new URL(`${redirectUri}?${query.toString()}`);
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      try {
        const tokens = await library.authorizationCodeGrant(server, address, checks);
        const claims = tokens.claims() ?? { sub: '' };
        const more = isComplete(claims, config) ? {} : await userInfo(library, server, tokens.access_token, claims.sub);
        return { ...more, ...claims } as unknown as JsonObject;
      } catch (error) {
        throw explain(error);
      }
    },
    endSession: (backTo) => {
      if (latest?.server.serverMetadata().end_session_endpoint === undefined) return undefined;
      return latest.library.buildEndSessionUrl(latest.server, { post_logout_redirect_uri: backTo }).href;
    },
  };
}

async function discover(
  library: Library,
  { issuer, clientId, clientSecret }: LoginConfig,
  fetch: LoginFetch,
): Promise<Configuration> {
  const isPlain = new URL(issuer).protocol === 'http:';
  // The configuration takes http for a login server on this machine only.
  const allowed = isPlain ? [library.allowInsecureRequests] : [];
  const execute = [...allowed, library.enableNonRepudiationChecks];
  const options = { execute, [library.customFetch]: fetch };
  try {
    const auth = authOf(library, clientSecret);
    return await library.discovery(new URL(issuer), clientId, clientSecret, auth, options);
  } catch (error) {
    throw noServer(error);
  }
}

/** As the server wants it: in a header, which all must know, or in the body, where it takes nothing else. */
function authOf(library: Library, secret: string | undefined): ReturnType<Library['None']> {
  if (secret === undefined) return library.None();
  const [basic, post] = [library.ClientSecretBasic(secret), library.ClientSecretPost(secret)];
  return (server, ...call) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...call);
  };
}

/** Whether the token has what names people, gives them roles and, where it was asked for, an address. */
function isComplete(claims: object, { userClaim, roleClaim, scope }: LoginConfig): boolean {
  const hasRoles = roleClaim === undefined || (roleClaim.split('.')[0] ?? '') in claims || roleClaim in claims;
  return userClaim in claims && hasRoles && ('email' in claims || !scope.split(' ').includes('email'));
}

async function userInfo(
  library: Library,
  server: Configuration,
  accessToken: string,
  subject: string,
): Promise<Readonly<Record<string, unknown>>> {
  if (server.serverMetadata().userinfo_endpoint === undefined) return {};
  return library.fetchUserInfo(server, accessToken, subject);
}

/** What says that the server is not there, or not as it is configured. */
const NO_SERVER =
  /^(OAUTH_(TIMEOUT|RESPONSE_IS_NOT_(CONFORM|JSON)|PARSE_ERROR|HTTP_REQUEST_FORBIDDEN|JSON_ATTRIBUTE_COMPARISON_FAILED|WWW_AUTHENTICATE_CHALLENGE)|invalid_client|unauthorized_client)$/;

/** Errors of the library carry whole answers: only their codes go on. */
function explain(thrown: unknown): AgentError {
  const { error, code } = (thrown ?? {}) as { error?: unknown; code?: unknown };
  const said = [error, code].filter((one): one is string => typeof one === 'string' && /^[\w-]{1,60}$/.test(one));
  return said.length === 0 || said.some((one) => NO_SERVER.test(one))
    ? noServer(thrown, said[0])
    : new AgentError(`the login server did not let this browser in: ${said[0]}`, {
        code: 'LOGIN_REFUSED',
        disposition: 'terminal',
      });
}

function noServer(thrown: unknown, said?: string): AgentError {
  // Texts of the library stay here; those of the agent's own requests may be told.
  const cause = [thrown, thrown instanceof Error ? thrown.cause : undefined].find(isAgentError);
  const detail = said ?? cause?.code;
  return new AgentError(`the login server does not answer as one${detail === undefined ? '' : `: ${detail}`}`, {
    code: 'LOGIN_SERVER',
    disposition: 'transient',
    hint: 'Check web.login in the configuration (issuer, ca_file, proxy), and that the agent reaches the login server. Operators on its own machine need no login.',
    cause,
  });
}
