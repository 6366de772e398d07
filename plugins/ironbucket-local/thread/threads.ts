import { MessageChannel } from 'node:worker_threads';
import type { Clock } from '../../../src/lib/clock.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';
import { servingEnded } from '../errors.ts';
import type { Settings } from '../settings.ts';
import type { AgentCalls, GatewayCalls, GatewayStart, StorageCalls, StorageStart } from './calls.ts';
import { ownerOf } from './owner-of.ts';
import type { Answers, Peer } from './peer.ts';
import { openThread, type StartThread } from './thread.ts';

/** The threads of a gateway: one that speaks HTTP, and those that store, each its own buckets. One alone does both. */
export interface Threads {
  readonly gateway: Peer<GatewayCalls>;
  storageOf(bucket: string): Peer<StorageCalls>;
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
  /** How many threads; at least one. */
  readonly count: number;
  /** Buckets that are about to be removed. */
  readonly closed: readonly string[];
  /** Names of the other nodes. */
  readonly nodes: readonly string[];
  readonly answers: Answers<AgentCalls>;
  readonly start: StartThread;
}

export function startThreads({ settings, clock, count, closed, nodes, answers, start }: ThreadsOptions): Threads {
  const channels = Array.from({ length: count - 1 }, () => new MessageChannel());
  const storages = channels.map(({ port1 }, index) => {
    const own = closed.filter((bucket) => ownerOf(bucket, channels.length) === index);
    const data: StorageStart = { settings, index, count: channels.length, closed: own, nodes, gateway: port1 };
    return openThread<StorageCalls, AgentCalls>(start('storage', data, [port1]), answers);
  });
  const ports = channels.map(({ port2 }) => port2);
  const data: GatewayStart = { settings, closed: storages.length === 0 ? closed : [], nodes, storages: ports };
  const gateway = openThread<GatewayCalls & StorageCalls, AgentCalls>(start('gateway', data, ports), answers);
  const all = [gateway, ...storages];

  return {
    gateway: gateway.peer,
    storageOf: (bucket) => (storages[ownerOf(bucket, storages.length)] ?? gateway).peer,
    run: async (signal) => {
      const first = await untilAborted(Promise.race(all.map(({ ended }) => ended)), signal).catch(() => undefined);
      const cancel = clock.after(STOP_MS, () => {
        for (const { terminate } of all) terminate();
      });
      // What needs one that is over fails, what others do is finished. It is asked for, because a thread that is terminated
      // while it reads a request can take the process with it (seen with Node 20).
      await stopped(gateway.peer.call('stop', []), gateway.ended);
      await Promise.all(storages.map(({ peer, ended }) => stopped(peer.call('stop', []), ended)));
      cancel();
      const error = servingEnded(first);
      for (const { peer } of all) peer.end(error);
      if (!signal.aborted) throw error;
    },
  };
}

async function stopped(asked: Promise<void>, ended: Promise<unknown>): Promise<void> {
  // One that is over does not answer any more.
  asked.catch(() => undefined);
  await ended;
}
