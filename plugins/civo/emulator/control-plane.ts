import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isJsonObject } from '../../../src/lib/json.ts';
import type { Account } from './account.ts';
import type { Fault, Faults } from './faults.ts';
import { type Listening, listen, readBody } from './listen.ts';
import { type Call, route } from './routes.ts';
import type { Reply } from './types.ts';

export interface ControlPlaneOptions {
  readonly account: Account;
  readonly token: string;
  readonly port: number;
}

/** What was asked, and when: the record that tests and benches look at. */
export interface Asked extends Call {
  readonly atMs: number;
  status: number;
}

export interface ControlPlane extends Listening {
  /** The last requests with a right token, at most `MOST_ASKED` of them. */
  readonly asked: Asked[];
  faults: Faults | undefined;
  /** Civo has answered a wrong token both ways: as one would expect, and as if the account were not there. */
  wrongToken: 'requires_authentication' | 'database_account_not_found';
}

export const MOST_ASKED = 100_000;
const LONGEST_BODY = 1024 * 1024;

/**
 * Civo's API over HTTP. Bodies are read as JSON whatever the headers say: the official clients send
 * `Content-Encoding: gzip` with plain text, and a content type without a body.
 */
export async function startControlPlane({ account, token, port }: ControlPlaneOptions): Promise<ControlPlane> {
  const asked: Asked[] = [];
  let count = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming, LONGEST_BODY);
    if (!isToken(incoming, token)) return send(response, wrongToken(plane.wrongToken));
    const call = decode(incoming, body);
    const entry: Asked = { ...call, atMs: account.nowMs(), status: 0 };
    asked.push(entry);
    if (asked.length > MOST_ASKED) asked.shift();
    const fault = plane.faults?.(call, ++count);
    if (fault?.kind === 'silence') return;
    const reply = await answer(call, fault);
    if (reply === undefined) return void response.destroy();
    entry.status = reply.status;
    send(response, reply);
  }

  async function answer(call: Call, fault: Fault | undefined): Promise<Sent | undefined> {
    switch (fault?.kind) {
      case 'reply':
        return { ...fault.reply, ...(fault.retryAfter !== undefined && { retryAfter: fault.retryAfter }) };
      case 'text':
        return { status: fault.status, body: fault.body, type: fault.type ?? 'text/plain' };
      case 'lost':
        await route(account, call);
        return undefined;
      case 'silence':
        return undefined;
      case undefined:
        return route(account, call);
    }
  }

  const plane: ControlPlane = {
    ...(await listen(server, port)),
    asked,
    faults: undefined,
    wrongToken: 'requires_authentication',
  };
  return plane;
}

interface Sent extends Reply {
  readonly retryAfter?: string;
  /** The body is text as it stands. */
  readonly type?: string;
}

function isToken({ headers }: IncomingMessage, token: string): boolean {
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ');
  return scheme.toLowerCase() === 'bearer' && value === token;
}

function wrongToken(how: ControlPlane['wrongToken']): Sent {
  if (how === 'requires_authentication') return { status: 401, body: { result: 'requires_authentication' } };
  const reason = 'Failed to find the account within the internal database';
  return { status: 404, body: { code: 'database_account_not_found', reason } };
}

function decode({ method = 'GET', url = '/' }: IncomingMessage, body: Buffer): Call {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { method, path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark)), body: parse(body) };
}

function parse(body: Buffer): Call['body'] {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function send(response: ServerResponse, { status, body, retryAfter, type }: Sent): void {
  const content = type === undefined ? JSON.stringify(body) : String(body);
  response
    .writeHead(status, {
      'content-type': type ?? 'application/json',
      'content-length': Buffer.byteLength(content),
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
    })
    .end(content);
}
