import type { Clock } from '../lib/clock.ts';
import { AgentError } from '../lib/errors.ts';
import type { Http, HttpAnswer, HttpFactory, HttpOptions, HttpRequest } from '../lib/http.ts';
import { answerError, badAnswer } from '../lib/http-errors.ts';
import { isJsonObject } from '../lib/json.ts';

export type WaldurCredentials =
  | {
      readonly kind: 'token' | 'bearer';
      readonly token: string;
      /** Where the token was read from, when it came from a file: it is read again when Waldur refuses it. */
      readonly file?: string;
    }
  | {
      readonly kind: 'oidc';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope: string | undefined;
    };

export interface Credentials {
  /** Value of the `Authorization` header. */
  authorization(): Promise<string>;
  /** Gives up the token in `refused` after a 401; false when there is no other one to try. */
  renew(refused: string): Promise<boolean>;
  /** What the broker takes as password; undefined when Waldur does not tell. */
  passcode(): string | undefined;
  close(): void;
}

export interface CredentialsDeps {
  readonly clock: Clock;
  /** Reads a secret from a file, and hides it from the logs; undefined when files are not read again. */
  readonly readSecret: ((file: string) => Promise<string>) | undefined;
  /** What the identity provider is reached with. */
  readonly http: HttpFactory;
  readonly transport: Pick<HttpOptions, 'userAgent' | 'verifySsl' | 'ca' | 'proxy' | 'observe'>;
}

export function createCredentials(credentials: WaldurCredentials, deps: CredentialsDeps): Credentials {
  if (credentials.kind === 'oidc') return clientCredentials(credentials, deps);
  return fixedToken(credentials, deps);
}

/** A token that changes only when the file it came from is replaced. */
function fixedToken(
  { kind, token, file }: WaldurCredentials & { readonly kind: 'token' | 'bearer' },
  { readSecret }: CredentialsDeps,
): Credentials {
  const scheme = kind === 'token' ? 'Token' : 'Bearer';
  let current = token;
  return {
    authorization: async () => `${scheme} ${current}`,
    renew: async (refused) => {
      if (file !== undefined && readSecret !== undefined && refused === `${scheme} ${current}`) {
        // A file that is being replaced may be missing for a moment: the refusal then stands.
        const replaced = await readSecret(file).catch(() => '');
        if (replaced !== '') current = replaced;
      }
      return refused !== `${scheme} ${current}`;
    },
    passcode: () => current,
    close: () => undefined,
  };
}

const REFRESH_EARLY_S = 30;
const LIFETIME_UNKNOWN_S = 300;

interface Issued {
  readonly token: string;
  readonly staleAt: number;
}

/** OAuth 2.0 client credentials (RFC 6749, 4.4); one request serves all who wait. */
function clientCredentials(
  credentials: WaldurCredentials & { readonly kind: 'oidc' },
  { clock, http: factory, transport }: CredentialsDeps,
): Credentials {
  const url = new URL(credentials.tokenUrl);
  const baseUrl = new URL('.', url).href;
  const closed = new AbortController();
  const http: Http = factory({
    ...transport,
    baseUrl,
    peer: 'OIDC',
    timeoutMs: 30_000,
    explain: (request, answer) => explainRefusal(request, answer, clock.now()),
  });
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    ...(credentials.scope === undefined ? {} : { scope: credentials.scope }),
  }).toString();

  let current: Issued | undefined;
  let pending: Promise<Issued> | undefined;

  async function fetchToken(): Promise<Issued> {
    const answer = await http.request(
      {
        operation: 'oidc.token',
        method: 'POST',
        path: url.href.slice(baseUrl.length),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: form,
      },
      closed.signal,
    );
    current = decodeToken(answer.body, clock.now().getTime());
    return current;
  }

  return {
    authorization: async () => {
      if (current !== undefined && clock.now().getTime() < current.staleAt) return `Bearer ${current.token}`;
      pending ??= fetchToken().finally(() => {
        pending = undefined;
      });
      return `Bearer ${(await pending).token}`;
    },
    renew: async (refused) => {
      // Another request may have renewed it meanwhile.
      if (refused === `Bearer ${current?.token}`) current = undefined;
      return true;
    },
    passcode: () => undefined,
    close: () => {
      closed.abort(new AgentError('The client was closed.', { code: 'OIDC_CLOSED', disposition: 'transient' }));
      http.close();
    },
  };
}

function explainRefusal(request: HttpRequest, answer: HttpAnswer, now: Date): AgentError | undefined {
  if (![400, 401, 403].includes(answer.status)) return undefined;
  const reason = isJsonObject(answer.body) ? answer.body['error'] : undefined;
  return answerError('OIDC', request, answer, now, {
    code: 'OIDC_UNAUTHORIZED',
    disposition: 'operator',
    hint: 'Check client id, secret and scope of the identity provider.',
    ...(typeof reason === 'string' && /^\w{1,60}$/.test(reason) ? { text: reason } : {}),
  });
}

function decodeToken(body: unknown, nowMs: number): Issued {
  const answer = isJsonObject(body) ? body : {};
  const token = answer['access_token'];
  if (typeof token !== 'string' || token === '')
    throw badAnswer('OIDC', { operation: 'oidc.token' }, 'something without a usable "access_token"');
  const said = Number(answer['expires_in']);
  const lifetime = said > 0 ? said : LIFETIME_UNKNOWN_S;
  // Tokens of less than a minute would never be fresh.
  const early = Math.min(REFRESH_EARLY_S, lifetime / 2);
  return { token, staleAt: nowMs + (lifetime - early) * 1000 };
}
