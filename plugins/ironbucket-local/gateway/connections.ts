import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Log } from '../../../src/lib/log.ts';

/** Left to everything else in this process: orders, reports, the page, files that are written behind. */
const OTHERS = 64;
/** A request has its connection, the object and perhaps the source of a copy. */
const FILES_EACH = 3;
const MOST = 4096;
const FEWEST = 8;
/** What is assumed where the system does not tell. */
const USUAL_LIMIT = 1024;

/** How many connections are served when the settings do not say: the control side keeps file descriptors of its own. */
export async function defaultConnections(): Promise<number> {
  return connectionsFor(await openFilesLimit());
}

export function connectionsFor(openFiles: number): number {
  return Math.max(FEWEST, Math.min(MOST, Math.floor((openFiles - OTHERS) / FILES_EACH)));
}

/** Source: proc(5), `/proc/pid/limits`. */
async function openFilesLimit(): Promise<number> {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8')) ?? [];
    return Number(soft ?? MOST * FILES_EACH);
  } catch {
    return USUAL_LIMIT;
  }
}

export interface Connections {
  /** Whether a connection is one of those beyond the limit, which are only told so. */
  isExtra(socket: Socket): boolean;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Serves `most` connections. A quarter more are answered with `SlowDown`, so that clients wait instead of seeing a reset;
 * what comes beyond that is cut off.
 */
export function limitConnections(server: Server, most: number, { clock, log }: ConnectionDeps): Connections {
  const extra = new WeakSet<Socket>();
  let connected = 0;
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  const warn = (): void => {
    const now = clock.monotonicMs();
    if (now < silentUntilMs) return;
    silentUntilMs = now + WARN_MS;
    log.warn({ max_connections: most }, 'there are more S3 connections than are served; some get 503 or are cut off');
  };
  server.maxConnections = most + Math.ceil(most / 4);
  server.on('drop', warn);
  server.on('connection', (socket) => {
    connected++;
    socket.once('close', () => connected--);
    if (connected <= most) return;
    extra.add(socket);
    warn();
    // Clients open another one when they need it.
    server.closeIdleConnections();
  });
  return { isExtra: (socket) => extra.has(socket) };
}

const WARN_MS = 60_000;
