import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import type { AxiosStatic } from 'axios';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { HttpOptions, HttpRequest } from './http-types.ts';

/** An answer as it came: any status, body undecoded. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The only code that knows axios; what it throws carries the request and must not leave the HTTP layer. */
export interface Transport {
  send(request: HttpRequest, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RawAnswer>;
  close(): void;
}

/** `require` gets one file where `import` gets a hundred: a tenth of the time until the agent is ready. */
const axios = createRequire(import.meta.url)('axios') as AxiosStatic;

const DEFAULT_ANSWER_BYTES = 10 * 1024 * 1024;
const DEFAULT_SOCKETS = 8;

export function createTransport(options: HttpOptions): Transport {
  const agents = createAgents(options);
  const client = axios.create({
    ...agents,
    baseURL: options.baseUrl,
    // An absolute URL in a path would take our credentials to another host.
    allowAbsoluteUrls: false,
    // `env` is axios' own default; everything else goes through our agents.
    ...(options.proxy === 'env' ? {} : { proxy: false }),
    adapter: 'http',
    maxRedirects: 0,
    maxContentLength: options.maxAnswerBytes ?? DEFAULT_ANSWER_BYTES,
    validateStatus: () => true,
    // Bytes and no transformations: axios turns broken JSON into a string without a word.
    responseType: 'arraybuffer',
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
  });
  return {
    send: async (request, headers, signal) => {
      const { data, contentType } = encodeBody(request.body);
      const answer = await client.request<Buffer>({
        method: request.method,
        url: request.path,
        params: encodeQuery(request.query),
        data,
        headers: {
          accept: (request.answer ?? 'json') === 'json' ? 'application/json' : '*/*',
          'user-agent': options.userAgent ?? 'waldur-storage-agent',
          'content-type': contentType,
          ...headers,
        },
        signal,
      });
      return { status: answer.status, headers: lowerCase(answer.headers), body: answer.data };
    },
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

export function createAgents(options: HttpOptions): { readonly httpAgent: http.Agent; readonly httpsAgent: http.Agent } {
  const pool = { keepAlive: true, maxSockets: options.maxSockets ?? DEFAULT_SOCKETS };
  const tls = {
    ...pool,
    rejectUnauthorized: options.verifySsl ?? true,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  if (options.proxy === undefined || options.proxy === 'env')
    return { httpAgent: new http.Agent(pool), httpsAgent: new https.Agent(tls) };
  // Tunnels keep their connections in our pool; the ones axios makes are opened anew for every request.
  const tunnel = new HttpsProxyAgent(options.proxy, tls);
  // Its own options reach the proxy only; the peer behind it needs them too.
  const connect = tunnel.connect.bind(tunnel);
  tunnel.connect = (request, target) => connect(request, { ...target, ...tls });
  return { httpAgent: tunnel, httpsAgent: tunnel };
}

function encodeQuery(query: HttpRequest['query']): URLSearchParams {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    const values = Array.isArray(value) ? value : [value];
    for (const item of values) if (item !== undefined) params.append(key, String(item));
  }
  return params;
}

/** A content type of false keeps axios from inventing one. */
function encodeBody(body: HttpRequest['body']): { data: string | Buffer | undefined; contentType: string | false } {
  if (body === undefined) return { data: undefined, contentType: false };
  if (typeof body === 'string') return { data: body, contentType: 'text/plain; charset=utf-8' };
  if (body instanceof Uint8Array) return { data: Buffer.from(body), contentType: 'application/octet-stream' };
  return { data: JSON.stringify(body), contentType: 'application/json' };
}

function lowerCase(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
