import { availableParallelism } from 'node:os';
import { toAgentError } from '../../../src/lib/errors.ts';
import type { AskNode } from '../cluster/ask-node.ts';
import type { Deps } from '../deps.ts';
import { requireFree } from '../gateway/listen.ts';
import type { Gateway } from '../gateway/server.ts';
import type { Objects } from '../objects/objects.ts';
import type { Quotas } from '../quota/quotas.ts';
import type { Statistics } from '../statistics/statistics.ts';
import type { AgentCalls, ThreadCalls } from './calls.ts';
import { type Answers, fromPortable, type Peer } from './peer.ts';
import { fieldsOf } from './port-log.ts';
import { rolesOf } from './roles.ts';
import { startThread } from './start-thread.ts';
import type { StartThread } from './thread.ts';
import { startThreads, type Threads } from './threads.ts';

/**
 * The gateway in threads of its own, so that neither holds up the other: they serve and count, and the agent's orders go to
 * them for as long as they are there. Without them they go to the files, as in a command that only looks.
 */
export interface AgentSide {
  /** What the agent works with. */
  readonly deps: Deps;
  readonly gateway: Pick<Gateway, 'tried' | 'failure' | 'address'>;
  /**
   * Returns when the signal fired and all is written.
   *
   * @throws AgentError operator `IRONBUCKET_LISTEN`; transient `IRONBUCKET_SERVING_ENDED` when a thread ended by itself:
   *   started again, it finds what it did not finish as after the death of a process
   */
  serve(signal: AbortSignal): Promise<void>;
  /** After a change of the accounts. */
  notice(...changed: Parameters<ThreadCalls['noticeAccount']>): void;
}

/**
 * @param local what there is without the threads
 * @param nodes those that they ask through this one
 * @param sharesPort whether several threads can listen at one address
 */
export function openAgentSide(
  local: Deps,
  nodes: readonly AskNode[],
  sharesPort: boolean,
  start: StartThread = startThread,
): AgentSide {
  const { log, clock, settings } = local;
  const closed = new Set<string>();
  let threads: Threads | undefined;
  let failure: Error | undefined;
  let address: { readonly host: string; readonly port: number } | undefined;
  let attempt = Promise.resolve();

  async function run(signal: AbortSignal, settled: () => void): Promise<void> {
    let listening = 0;
    const answers: Answers<AgentCalls> = {
      tried: async ([result]) => {
        if ('failure' in result) {
          failure ??= fromPortable(result.failure);
          return settled();
        }
        if (++listening < listeners) return;
        address = result;
        log.info({ listen: settings.listen, threads: count }, 's3 gateway listens');
        settled();
      },
      log: async ([level, fields, message]) => log[level](fieldsOf(fields), message),
      askNode: async ([name, bucket, month], cancelled) => {
        const node = nodes.find((one) => one.name === name);
        if (node === undefined) throw new Error(`there is no node ${name}`);
        return await node.ask(bucket, month, cancelled);
      },
    };
    const count = settings.gateway_workers ?? defaultWorkers();
    // Where the system chooses the port, each thread would have one of its own.
    const roles = rolesOf(count, sharesPort && !settings.listen.endsWith(':0'));
    const listeners = roles.filter(({ listens }) => listens).length;
    const names = nodes.map(({ name }) => name);
    try {
      await requireFree(settings.listen).catch((error: Error) => {
        failure = error;
        throw error;
      });
      threads = startThreads({ settings, clock, roles, closed: [...closed], nodes: names, answers, start });
      await threads.run(signal);
    } catch (error) {
      throw failure ?? error;
    } finally {
      threads = undefined;
      address = undefined;
      settled();
    }
  }

  const storageOf = (account: string): Peer<ThreadCalls> | undefined => threads?.storageOf(account);
  const quotas: Quotas = {
    ...local.quotas,
    read: (account) => storageOf(account)?.call('readQuota', [account]) ?? local.quotas.read(account),
    setLimit: (account, maxBytes, signal) =>
      storageOf(account)?.call('setLimit', [account, maxBytes], signal) ??
      local.quotas.setLimit(account, maxBytes, signal),
    measure: (account, signal) =>
      storageOf(account)?.call('measure', [account], signal) ?? local.quotas.measure(account, signal),
    forget: async (account) => {
      await local.quotas.forget(account);
      await storageOf(account)?.call('forgetQuota', [account]);
    },
  };
  const statistics: Statistics = {
    ...local.statistics,
    read: (account, month, signal) =>
      storageOf(account)?.call('readStatistics', [account, month], signal) ??
      local.statistics.read(account, month, signal),
    forget: async (account) => {
      await local.statistics.forget(account);
      await storageOf(account)?.call('forgetStatistics', [account]);
    },
  };
  const objects: Objects = {
    ...local.objects,
    close: (account, work) =>
      local.objects.close(account, async () => {
        closed.add(account);
        try {
          await storageOf(account)?.call('closeBucket', [account]);
          return await work();
        } finally {
          closed.delete(account);
          // One that is gone has nothing open.
          await storageOf(account)
            ?.call('openBucket', [account])
            .catch(() => undefined);
        }
      }),
  };

  return {
    deps: { ...local, quotas, statistics, objects },
    gateway: {
      tried: () => attempt,
      failure: () => failure && toAgentError(failure),
      address: () => address,
    },
    serve: async (signal) => {
      if (signal.aborted) return;
      failure = undefined;
      let settled = (): void => undefined;
      attempt = new Promise((resolve) => {
        settled = resolve;
      });
      await run(signal, settled);
    },
    notice: (...changed) => {
      for (const listener of threads?.listeners ?? [])
        void listener.call('noticeAccount', changed).catch(() => undefined);
    },
  };
}

/** By default: each takes memory. */
const MOST_WORKERS = 5;

function defaultWorkers(): number {
  return Math.min(MOST_WORKERS, Math.max(1, availableParallelism() - 1));
}
