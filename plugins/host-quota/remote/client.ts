import { readFile } from 'node:fs/promises';
import { isAgentError } from '../../../src/lib/errors.ts';
import type { Http, HttpRequest } from '../../../src/lib/http.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { PluginContext } from '../../../src/plugin/contract.ts';
import type { Limits } from '../devices/types.ts';
import { badHostAnswer, hostRefused } from '../errors.ts';
import type { RemoteHost, Settings } from '../settings.ts';
import { isName } from '../tools/argv.ts';
import { limitFields, type NamedRow, type ReadDevice, readDevice, readQuota } from './wire.ts';

/** What one host answers. */
export interface RemoteClient {
  ping(signal: AbortSignal): Promise<void>;
  devices(signal: AbortSignal): Promise<readonly ReadDevice[]>;
  /** Undefined when the host knows no such user. */
  resolve(name: string, signal: AbortSignal): Promise<number | undefined>;
  users(signal: AbortSignal): Promise<readonly string[]>;
  /** All four limits; returns what the host read back. */
  setUser(uid: number, device: string, limits: Limits, signal: AbortSignal): Promise<NamedRow>;
  /** Any other call, as the host answered it. */
  pass(
    request: Pick<HttpRequest, 'method' | 'path' | 'query' | 'body'>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Json>;
  close(): void;
}

/** Connecting and reading together, in milliseconds, by what is asked. */
export const TIMEOUTS = {
  ping: 10_000,
  resolve: 15_000,
  quotas: 190_000,
  set: 130_000,
  users: 15_000,
  other: 70_000,
} as const;

/** All users on every device. */
const LIST = 'quotas';

export function createRemoteClient(context: Pick<PluginContext<Settings>, 'http'>, host: RemoteHost): RemoteClient {
  const authorization = `Basic ${Buffer.from(`api:${host.api_key}`).toString('base64')}`;
  let opening: Promise<Http> | undefined;
  const open = async (): Promise<Http> =>
    context.http({
      baseUrl: `${host.url.replace(/\/$/, '')}/remote-api/`,
      peer: 'storage host',
      headers: async () => ({ authorization }),
      ca: host.ca_file === undefined ? undefined : await readFile(host.ca_file, 'utf8'),
      verifySsl: host.verify_ssl ?? true,
      explain: (_request, answer) => hostRefused(host.id, answer.status, textOf(answer.body)),
    });

  async function ask(request: Omit<HttpRequest, 'operation'>, operation: string, signal: AbortSignal): Promise<Json> {
    if (request.path === LIST) return askAlone(request, operation, signal);
    opening ??= open();
    const http = await opening.catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return (await http.request({ ...request, operation }, signal)).body as Json;
  }

  /** A connection that is kept keeps the last answer as well, and a list may have thousands of rows. */
  async function askAlone(
    request: Omit<HttpRequest, 'operation'>,
    operation: string,
    signal: AbortSignal,
  ): Promise<Json> {
    const http = await open();
    try {
      return (await http.request({ ...request, operation }, signal)).body as Json;
    } finally {
      http.close();
    }
  }

  return {
    ping: async (signal) => {
      await ask({ method: 'GET', path: 'ping', timeoutMs: TIMEOUTS.ping }, 'host.ping', signal);
    },
    devices: async (signal) => {
      const body = await ask({ method: 'GET', path: LIST, timeoutMs: TIMEOUTS.quotas }, 'host.quotas', signal);
      const devices = Array.isArray(body) ? body.map((device: Json) => readDevice(device)) : [undefined];
      const readable = devices.filter((device) => device !== undefined);
      if (readable.length !== devices.length) throw badHostAnswer(host.id, 'its list of devices is not one');
      return readable;
    },
    resolve: async (username, signal) => {
      if (!isName('user', username)) return undefined;
      const request = {
        method: 'GET',
        path: 'users/resolve',
        query: { username },
        timeoutMs: TIMEOUTS.resolve,
      } as const;
      try {
        const body = await ask(request, 'host.resolve', signal);
        const uid = isJsonObject(body) ? body['uid'] : undefined;
        if (typeof uid === 'number') return uid;
      } catch (error) {
        if (isAgentError(error) && error.status === 404) return undefined;
        throw error;
      }
      throw badHostAnswer(host.id, 'it names no uid');
    },
    users: async (signal) => {
      const body = await ask({ method: 'GET', path: 'users', timeoutMs: TIMEOUTS.users }, 'host.users', signal);
      return Array.isArray(body) ? body.filter((name) => typeof name === 'string') : [];
    },
    setUser: async (uid, device, limits, signal) => {
      const path = `quotas/users/${uid}`;
      const request = {
        method: 'PUT',
        path,
        query: { device },
        body: limitFields(limits),
        timeoutMs: TIMEOUTS.set,
      } as const;
      const quota = readQuota(await ask(request, 'host.set', signal), 'uid');
      if (quota === undefined) throw badHostAnswer(host.id, 'it does not say which limits it set');
      return quota;
    },
    pass: (request, timeoutMs, signal) => ask({ ...request, timeoutMs }, 'host.pass', signal),
    close: () => {
      void opening?.then((http) => http.close()).catch(() => undefined);
    },
  };
}

/** Hosts answer `{"msg"}`, and HTML for what they did not expect. */
function textOf(body: unknown): string {
  const read = typeof body === 'string' ? parse(body) : body;
  return isJsonObject(read) && typeof read['msg'] === 'string' ? read['msg'] : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
