import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import type { AxiosProxyConfig, AxiosStatic } from 'axios';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { PROXY_REFUSED } from './http-errors.ts';
import type { HttpOptions, HttpRequest } from './http-types.ts';

/** A response as it came: any status, body undecoded. */
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
/** What axios sets on every socket: with another value, each request would set it twice. */
const KEEP_ALIVE_MS = 60_000;

/** @param proxy URL of the proxy in between; see `proxyFor` */
export function createTransport(options: HttpOptions, proxy: string | undefined): Transport {
  const tunnels = proxy !== undefined && options.baseUrl.startsWith('https:');
  const agents = createAgents(options, tunnels ? proxy : undefined);
  // Called as it is: what `axios.request` puts around it, merging configurations, interceptors and transformations of
  // bodies (broken JSON becomes a string without a word), is a third of its work and nothing that is used here.
  const adapter = axios.getAdapter('http');
  const prepared = {
    ...agents,
    baseURL: options.baseUrl,
    // An absolute URL in a path would take our credentials to another host.
    allowAbsoluteUrls: false,
    // Never axios' own reading of the environment. Many proxies refuse to tunnel plain HTTP, so that is forwarded.
    proxy: proxy === undefined || tunnels ? false : forwarding(proxy),
    maxRedirects: 0,
    maxContentLength: options.maxAnswerBytes ?? DEFAULT_ANSWER_BYTES,
    validateStatus: () => true,
    responseType: 'arraybuffer',
  } as const;
  return {
    send: async (request, headers, signal) => {
      const { data, type } = encodeBody(request.body);
      const answer = await adapter({
        method: request.method,
        url: request.path,
        params: request.query && encodeQuery(request.query),
        data,
        headers: new axios.AxiosHeaders({
          accept: (request.answer ?? 'json') === 'json' ? 'application/json' : '*/*',
          'user-agent': options.userAgent ?? 'waldur-storage-agent',
          ...(type && { 'content-type': type }),
          ...headers,
        }),
        signal,
        ...prepared,
      });
      return { status: answer.status, headers: lowerCase(answer.headers), body: answer.data as Buffer };
    },
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

/** Pools with TLS, CA and tunnel of the options, also for clients of other libraries. */
export function createAgents(
  options: Pick<HttpOptions, 'maxSockets' | 'verifySsl' | 'ca'>,
  proxy: string | undefined,
): { readonly httpAgent: http.Agent; readonly httpsAgent: http.Agent } {
  const pool = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: options.maxSockets ?? DEFAULT_SOCKETS };
  const tls = {
    ...pool,
    rejectUnauthorized: options.verifySsl ?? true,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  if (proxy === undefined) return { httpAgent: new http.Agent(pool), httpsAgent: new https.Agent(tls) };
  // Tunnels keep their connections in our pool; the ones axios makes are opened anew for every request.
  const tunnel = new HttpsProxyAgent(proxy, tls);
  const connect = tunnel.connect.bind(tunnel);
  tunnel.connect = async (request, target) => {
    let status = 200;
    request.once('proxyConnect', (answer: { readonly statusCode: number }) => {
      status = answer.statusCode;
    });
    // The agent's own options reach the proxy only; the peer behind it needs them too.
    const socket = await connect(request, { ...target, ...tls });
    if (status === 200) return socket;
    socket.destroy();
    throw Object.assign(new Error(`CONNECT was answered ${status}`), { code: `${PROXY_REFUSED}${status}` });
  };
  return { httpAgent: tunnel, httpsAgent: tunnel };
}

function forwarding(proxy: string): AxiosProxyConfig {
  const { protocol, hostname, port, username, password } = new URL(proxy);
  const login = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    protocol: protocol.slice(0, -1),
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    ...(username === '' ? {} : { auth: login }),
  };
}

function encodeQuery(query: NonNullable<HttpRequest['query']>): URLSearchParams {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? value : [value];
    for (const item of values) if (item !== undefined) params.append(key, String(item));
  }
  return params;
}

function encodeBody(body: HttpRequest['body']): { readonly data?: string | Buffer; readonly type?: string } {
  if (body === undefined) return {};
  if (typeof body === 'string') return { data: body, type: 'text/plain; charset=utf-8' };
  if (body instanceof Uint8Array) return { data: Buffer.from(body), type: 'application/octet-stream' };
  return { data: JSON.stringify(body), type: 'application/json' };
}

function lowerCase(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
