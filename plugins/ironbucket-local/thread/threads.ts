import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../../../src/lib/clock.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';
import { servingEnded } from '../errors.ts';
import type { Settings } from '../settings.ts';
import type { AgentCalls, ThreadCalls, ThreadStart } from './calls.ts';
import { ownerOf } from './owner-of.ts';
import type { Answers, Peer } from './peer.ts';
import type { Role } from './roles.ts';
import { openThread, type StartThread } from './thread.ts';

/** The threads of a gateway: those that take connections, and those that store, each its own buckets. */
export interface Threads {
  readonly listeners: readonly Peer<ThreadCalls>[];
  storageOf(bucket: string): Peer<ThreadCalls>;
  /**
   * Returns when the signal fired and all is written.
   *
   * @throws AgentError transient `IRONBUCKET_SERVING_ENDED` when one of them ended by itself: it takes the others with it
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Longer than what is under way may take, and than everything is written in. */
const STOP_MS = 30_000;

export interface ThreadsOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly roles: readonly Role[];
  /** Buckets that are about to be removed. */
  readonly closed: readonly string[];
  /** Names of the other nodes. */
  readonly nodes: readonly string[];
  readonly answers: Answers<AgentCalls>;
  readonly start: StartThread;
}

export function startThreads({ settings, clock, roles, closed, nodes, answers, start }: ThreadsOptions): Threads {
  const count = roles.filter(({ index }) => index >= 0).length;
  const listeners = roles.filter(({ listens }) => listens).length;
  const ports = connectAll(roles);
  const all = roles.map(({ listens, index }, at) => {
    const { storages, askers } = ports[at] ?? NONE;
    const own = closed.filter((bucket) => ownerOf(bucket, count) === index);
    const data: ThreadStart = {
      settings,
      listeners: listens ? listeners : 0,
      index,
      count,
      closed: own,
      nodes,
      storages,
      askers,
    };
    const moved = [...storages, ...askers].filter((port) => port !== undefined);
    return { listens, index, ...openThread<ThreadCalls, AgentCalls>(start(data, moved), answers) };
  });
  const listening = all.filter(({ listens }) => listens);
  const storing = all.filter(({ index }) => index >= 0);

  return {
    listeners: listening.map(({ peer }) => peer),
    storageOf: (bucket) => {
      const owner = storing[ownerOf(bucket, count)];
      if (owner === undefined) throw new Error('no thread has this bucket');
      return owner.peer;
    },
    run: async (signal) => {
      const first = await untilAborted(Promise.race(all.map(({ ended }) => ended)), signal).catch(() => undefined);
      const cancel = clock.after(STOP_MS, () => {
        for (const { terminate } of all) terminate();
      });
      // What needs one that is over fails, what others do is finished. It is asked for, because a thread that is terminated
      // while it reads a request can take the process with it (seen with Node 20).
      await Promise.all(listening.map(({ peer, ended }) => either(peer.call('finish', []), ended)));
      await Promise.all(
        all.map(({ peer, ended }) => {
          peer.call('stop', []).catch(() => undefined);
          return ended;
        }),
      );
      cancel();
      const error = servingEnded(first);
      for (const { peer } of all) peer.end(error);
      if (!signal.aborted) throw error;
    },
  };
}

/** One that is over does not answer any more. */
async function either(asked: Promise<void>, ended: Promise<unknown>): Promise<void> {
  await Promise.race([asked.catch(() => undefined), ended]);
}

type Ports = Pick<ThreadStart, 'storages' | 'askers'>;
const NONE: Ports = { storages: [], askers: [] };

/** A channel from each thread that takes connections to each other one that stores. */
function connectAll(roles: readonly Role[]): readonly Ports[] {
  const askers = roles.map((): MessagePort[] => []);
  const storages = roles.map(({ listens }, from) => {
    if (!listens) return [];
    const found: (MessagePort | undefined)[] = [];
    for (const [to, { index }] of roles.entries()) {
      if (index < 0) continue;
      if (to === from) {
        found[index] = undefined;
        continue;
      }
      const { port1, port2 } = new MessageChannel();
      found[index] = port1;
      askers[to]?.push(port2);
    }
    return found;
  });
  return roles.map((_, at) => ({ storages: storages[at] ?? [], askers: askers[at] ?? [] }));
}
