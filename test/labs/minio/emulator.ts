import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlgorithmId } from '../../../plugins/minio/madmin/codec.ts';
import { createDeriver, type Deriver } from '../../../plugins/minio/madmin/deriver.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import type { KeyPair } from '../../../src/s3/sigv4.ts';
import { createMemoryS3, type MemoryS3 } from './memory-s3.ts';
import type { Plane } from './plane.ts';
import { Refusal } from './refusal.ts';
import { tag, xml } from './s3-answer.ts';
import { isAdmin, type Parts, serveAdmin } from './serve-admin.ts';
import { createAdmission, serveS3 } from './serve-s3.ts';
import { createState, type State } from './state.ts';

/** Answers a request in place of the emulator when it returns true. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface EmulatorOptions {
  readonly root?: KeyPair;
  readonly clock?: Clock;
  /** What answers are encrypted with; a server uses 0. */
  readonly answers?: AlgorithmId;
  readonly port?: number;
  /** Where another one than that of clients is wanted; it is not closed. */
  readonly deriver?: Deriver;
  /** Where buckets are kept instead of in memory: then the usage is counted whenever it is asked for. */
  readonly plane?: Plane;
}

export interface Emulator {
  readonly endpoint: string;
  readonly root: KeyPair;
  readonly state: State;
  readonly store: MemoryS3;
  /** `PUT /minio/admin/v3/add-user?accessKey=…` and so on, in order. */
  readonly requests: string[];
  intercept: Intercept | undefined;
  /** What the scanner of a server does every minute or so. */
  scan(): void;
  close(): Promise<void>;
}

const ROOT: KeyPair = { accessKey: 'emulatorroot', secretKey: 'emulator-root-Secret/1' };

/**
 * A server on loopback that speaks the admin API as RELEASE.2025-10-15 does, quirks and all, and S3 with buckets in memory.
 * Checked against recordings of the real one.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { root = ROOT, clock = systemClock, answers = 0, port = 0 } = options;
  const own = createDeriver(systemClock);
  const state = createState(root, clock.now());
  const { plane, deriver = own } = options;
  const parts: Parts = { state, clock, answers, store: createMemoryS3(), plane, deriver };
  const admission = createAdmission(state, clock);
  const server = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      emulator.requests.push(`${request.method} ${request.url}`);
      if (emulator.intercept?.(request, response) === true) return;
      const url = new URL(`http://emulator${request.url}`);
      if (isAdmin(url.pathname)) await serveAdmin(parts, request, response, url);
      else await serveS3(parts, admission, request, response, url);
    };
    serve().catch((error: unknown) => {
      if (error instanceof Refusal) refuse(request, response, error);
      else response.destroy(error instanceof Error ? error : undefined);
    });
  });
  // As long as a real server: shorter, a connection often ends while its next request is on the way.
  server.keepAliveTimeout = 30_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const emulator: Emulator = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    root,
    state,
    store: parts.store,
    requests: [],
    intercept: undefined,
    scan: () => {
      state.usage = { scannedAt: clock.now(), buckets: parts.store.count() };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await own.close();
    },
  };
  return emulator;
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, code, message } = refusal;
  const [path = ''] = (request.url ?? '').split('?');
  request.resume();
  if (request.method === 'HEAD') {
    response.writeHead(status).end();
    return;
  }
  if (refusal.xml || !isAdmin(path)) {
    const content = tag('Code', code) + tag('Message', message) + tag('Resource', path);
    xml(response, `<Error>${content}</Error>`, status);
    return;
  }
  const body = { Code: code, Message: message, Resource: path, RequestId: 'REQ', HostId: 'HOST' };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
