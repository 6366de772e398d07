import type { Http, HttpOptions, HttpRequest } from '../../../src/lib/http.ts';
import { badAnswer } from '../../../src/lib/http-errors.ts';
import type { Json } from '../../../src/lib/json.ts';
import { encodeQuery, type KeyPair, sign } from '../../../src/s3/sigv4.ts';
import { parseExact } from '../decode.ts';
import { explain, PEER } from '../errors.ts';
import { decrypt, encrypt } from './codec.ts';
import type { Deriver } from './deriver.ts';

export interface AdminOptions {
  /** Makes the HTTP client, as the context of a plugin does. */
  connect(options: Pick<HttpOptions, 'baseUrl' | 'peer' | 'headers' | 'explain'>): Http;
  /** URL without a path. */
  readonly endpoint: string;
  /** `/minio/admin/v3`, or `/rustfs/admin/v3` for the same calls without encryption. */
  readonly prefix: string;
  /** Whether bodies that hold secrets travel encrypted: a fact about the prefix, never guessed from bytes. */
  readonly encrypted: boolean;
  readonly keys: KeyPair;
  readonly deriver: Deriver;
  now(): Date;
  random(bytes: number): Uint8Array;
}

export interface AdminRequest {
  /** Our name of the call, for example `users.add`. */
  readonly operation: string;
  readonly method: HttpRequest['method'];
  readonly route: string;
  /** A parameter of a route must be there even when it is empty: without it the route does not exist. */
  readonly query?: Parameters<typeof encodeQuery>[0];
  /** Sent as it is. */
  readonly plain?: string;
  /** Sent encrypted with the secret key of the caller. */
  readonly secret?: Json;
  /** What to do with the answer. `encrypted` costs a key derivation, so answers that say nothing new are left unread. */
  readonly answer?: 'none' | 'plain' | 'encrypted';
}

/** Signed calls of the admin API. Answers are JSON whose integers keep every digit. */
export interface AdminCaller {
  call(request: AdminRequest, signal: AbortSignal): Promise<Json | undefined>;
  close(): void;
}

export function createAdminCaller(options: AdminOptions): AdminCaller {
  const { connect, endpoint, prefix, encrypted, keys, deriver, now, random } = options;
  const { host, pathname } = new URL(`${endpoint}${prefix}/`);
  const http = connect({
    baseUrl: `${endpoint}${prefix}/`,
    peer: PEER,
    headers: async ({ method, path, body }) => {
      const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : '';
      // Any region is accepted; an empty one is what `mc` sends.
      return sign({ method, host, path: `${pathname}${path}`, body: bytes, keys, region: '', now: now() });
    },
    explain: (request, answer) => explain(request, answer, now()),
  });
  const own = { deriver, password: keys.secretKey, random };

  async function bodyOf(
    { plain, secret }: AdminRequest,
    signal: AbortSignal,
  ): Promise<string | Uint8Array | undefined> {
    if (secret === undefined) return plain;
    const text = JSON.stringify(secret);
    return encrypted ? encrypt(Buffer.from(text), own, signal) : text;
  }

  return {
    call: async (request, signal) => {
      const { operation, method, route, query = {}, answer = 'none' } = request;
      const body = await bodyOf(request, signal);
      const search = encodeQuery(query);
      const path = `${route}${search === '' ? '' : `?${search}`}`;
      // Attaching a policy wants exactly this type; no other call minds it.
      const sent = body === undefined ? {} : { body, headers: { 'content-type': 'application/octet-stream' } };
      const got = await http.request({ operation, method, path, answer: 'bytes', ...sent }, signal);
      if (answer === 'none') return undefined;
      const bytes = got.body as Uint8Array;
      const readable = answer === 'encrypted' && encrypted ? await decrypt(bytes, own, signal) : Buffer.from(bytes);
      try {
        return parseExact(readable.toString('utf8'));
      } catch {
        // Without the cause: the parser quotes the text, and the text may hold secrets.
        throw badAnswer(PEER, request, 'something that is not JSON');
      }
    },
    close: () => http.close(),
  };
}
