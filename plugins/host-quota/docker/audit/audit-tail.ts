import { setBounded } from '../../../../src/lib/set-bounded.ts';
import { type ClientUse, clientUseOf } from './client-use.ts';
import type { Use } from './join.ts';
import { type AuditFiles, type AuditMark, readLog } from './read-log.ts';

/** Someone who opened the socket with another program than a Docker client. */
export interface SocketUse {
  readonly event: string;
  readonly at: number;
  readonly uid: number;
  readonly exe: string;
}

export interface RecentUses {
  readonly clients: readonly ClientUse[];
  readonly sockets: readonly SocketUse[];
  /** False when there is no audit log: then only labels say whose something is. */
  readonly isThere: boolean;
}

/** How long a use can still be what created something. */
export const LOOK_BACK_SECONDS = 90 * 60;
/** Uses that are remembered, the newest of them. */
const MOST_USES = 5000;

/** Follows the audit log: each call reads what is new, and returns what was done in the last 90 minutes. */
export interface AuditTail {
  recent(nowSeconds: number, signal: AbortSignal): Promise<RecentUses>;
}

export function createAuditTail(files: AuditFiles, path: string): AuditTail {
  let mark: AuditMark | undefined;
  const clients = new Map<string, ClientUse>();
  const sockets = new Map<string, SocketUse>();
  return {
    recent: async (now, signal) => {
      const since = now - LOOK_BACK_SECONDS;
      const read = await readLog(files, path, { mark, since, found: (use) => keep(use, clients, sockets) }, signal);
      mark = read.mark;
      for (const uses of [clients, sockets]) for (const [event, { at }] of uses) if (at < since) uses.delete(event);
      return { clients: [...clients.values()], sockets: [...sockets.values()], isThere: mark !== undefined };
    },
  };
}

function keep(use: Use, clients: Map<string, ClientUse>, sockets: Map<string, SocketUse>): void {
  const { event, at, uid, exe, argv } = use;
  const client = clientUseOf(use);
  if (argv === undefined) setBounded(sockets, event, { event, at, uid, exe }, MOST_USES);
  else if (client !== undefined) setBounded(clients, event, client, MOST_USES);
}
