import { createHash } from 'node:crypto';
import { AgentError } from '../../lib/errors.ts';
import type { Http, HttpAnswer, HttpOptions, HttpRequest } from '../../lib/http.ts';
import { encodeQuery, encodeStrictly, type KeyPair, sign } from '../sigv4.ts';
import { explainS3 } from './explain.ts';

export interface S3Options {
  /** Makes the HTTP client, as the context of a plugin does. */
  connect(options: Pick<HttpOptions, 'baseUrl' | 'peer' | 'headers' | 'explain'>): Http;
  /** URL without a path. Buckets are addressed by path. */
  readonly endpoint: string;
  readonly region: string;
  readonly keys: KeyPair;
  now(): Date;
}

/** What a request is about. */
export interface S3Target {
  /** Absent for the service itself. */
  readonly bucket?: string;
  readonly key?: string;
}

export interface S3Request {
  /** Our name of the call, for example `s3.list-uploads`. */
  readonly operation: string;
  readonly method: HttpRequest['method'];
  readonly target: S3Target;
  /** Sub-resources have the value `''`. */
  readonly query?: Parameters<typeof encodeQuery>[0];
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Signed requests to one S3 server. Answers are text. */
export interface S3Caller {
  call(request: S3Request, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

export function createCaller({ connect, endpoint, region, keys, now }: S3Options): S3Caller {
  const { host } = new URL(endpoint);
  const http = connect({
    baseUrl: `${endpoint}/`,
    peer: 'S3',
    headers: async ({ method, path, body }) =>
      sign({ method, host, path: `/${path}`, body: typeof body === 'string' ? body : '', keys, region, now: now() }),
    explain: (request, answer) => explainS3(request, answer, now()),
  });
  return {
    call: async ({ operation, method, target, query = {}, body, contentType, headers = {} }, signal) => {
      const search = encodeQuery(query);
      const path = `${pathOf(target)}${search === '' ? '' : `?${search}`}`;
      const sent =
        body === undefined ? { headers } : { body, headers: { ...headers, ...headersOf(body, contentType) } };
      return await http.request({ operation, method, path, answer: 'text', ...sent }, signal);
    },
    close: () => http.close(),
  };
}

/** Whether an HTTP client leaves the key as it is. */
export function isUrlPath(key: string): boolean {
  return !key.split('/').some((part) => part === '.' || part === '..');
}

/** @throws AgentError terminal `S3_BAD_NAME` for what an HTTP client would take for another path */
function pathOf({ bucket, key }: S3Target): string {
  if (bucket === undefined) return '';
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/.test(bucket)) throw badName('the name of a bucket', bucket);
  if (key === undefined) return bucket;
  if (key === '' || !isUrlPath(key)) throw badName('a key in a URL', key);
  return `${bucket}/${key.split('/').map(encodeStrictly).join('/')}`;
}

/** S3 demands the digest for documents that change or delete things. */
function headersOf(body: string, contentType = 'application/xml'): Readonly<Record<string, string>> {
  return { 'content-type': contentType, 'content-md5': createHash('md5').update(body).digest('base64') };
}

function badName(what: string, text: string): AgentError {
  return new AgentError(`${JSON.stringify(text.slice(0, 80))} cannot be ${what}.`, {
    code: 'S3_BAD_NAME',
    disposition: 'terminal',
  });
}
