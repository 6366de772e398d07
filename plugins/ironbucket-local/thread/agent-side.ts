import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { toAgentError } from '../../../src/lib/errors.ts';
import type { AskNode } from '../cluster/ask-node.ts';
import type { Deps } from '../deps.ts';
import { servingEnded } from '../errors.ts';
import type { Gateway } from '../gateway/server.ts';
import type { Objects } from '../objects/objects.ts';
import type { Quotas } from '../quota/quotas.ts';
import type { Statistics } from '../statistics/statistics.ts';
import type { AgentCalls, ServingCalls, Start } from './calls.ts';
import { connectPeer, fromPortable, type Peer } from './peer.ts';
import { fieldsOf } from './port-log.ts';

/**
 * The gateway in a thread of its own, so that neither holds up the other: the thread serves and counts, and the agent's
 * orders go to it for as long as it is there. Without it they go to the files, as in a command that only looks.
 */
export interface AgentSide {
  /** What the agent works with. */
  readonly deps: Deps;
  readonly gateway: Pick<Gateway, 'tried' | 'failure' | 'address'>;
  /**
   * Returns when the signal fired and all is written.
   *
   * @throws AgentError operator `IRONBUCKET_LISTEN`; transient `IRONBUCKET_SERVING_ENDED` when the thread ended by itself:
   *   started again, it finds what it did not finish as after the death of a process
   */
  serve(signal: AbortSignal): Promise<void>;
  /** After a change of the accounts. */
  notice(...changed: Parameters<ServingCalls['noticeAccount']>): void;
}

/** Longer than what is under way may take, and than everything is written in. */
const STOP_MS = 30_000;

/** @param local what there is without the thread. @param nodes those that it asks through this one */
export function openAgentSide(local: Deps, nodes: readonly AskNode[], startThread = startServing): AgentSide {
  const { log, clock, settings } = local;
  const closed = new Set<string>();
  let serving: Peer<ServingCalls> | undefined;
  let failure: Error | undefined;
  let address: { readonly host: string; readonly port: number } | undefined;
  let attempt = Promise.resolve();

  async function run(signal: AbortSignal, settled: () => void): Promise<void> {
    const worker = startThread({ settings, closed: [...closed], nodes: nodes.map(({ name }) => name) });
    let reason: Error | undefined;
    worker.once('error', (error) => {
      reason = error;
    });
    const exit = once(worker, 'exit').catch(() => undefined);
    const peer = connectPeer<ServingCalls, AgentCalls>(worker, {
      tried: async ([result]) => {
        failure = 'failure' in result ? fromPortable(result.failure) : undefined;
        address = 'failure' in result ? undefined : result;
        settled();
      },
      log: async ([level, fields, message]) => log[level](fieldsOf(fields), message),
      askNode: async ([name, bucket, month], cancelled) => {
        const node = nodes.find((one) => one.name === name);
        if (node === undefined) throw new Error(`there is no node ${name}`);
        return await node.ask(bucket, month, cancelled);
      },
    });
    serving = peer;
    let cancel = (): void => undefined;
    const stop = (): void => {
      peer.call('stop', []).catch(() => undefined);
      cancel = clock.after(STOP_MS, () => void worker.terminate());
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await exit;
    } finally {
      signal.removeEventListener('abort', stop);
      cancel();
      serving = undefined;
      address = undefined;
      peer.end(servingEnded(reason));
      settled();
    }
    if (failure !== undefined) throw failure;
    if (!signal.aborted) throw servingEnded(reason);
  }

  const quotas: Quotas = {
    ...local.quotas,
    read: (account) => serving?.call('readQuota', [account]) ?? local.quotas.read(account),
    setLimit: (account, maxBytes, signal) =>
      serving?.call('setLimit', [account, maxBytes], signal) ?? local.quotas.setLimit(account, maxBytes, signal),
    measure: (account, signal) => serving?.call('measure', [account], signal) ?? local.quotas.measure(account, signal),
    forget: async (account) => {
      await local.quotas.forget(account);
      await serving?.call('forgetQuota', [account]);
    },
  };
  const statistics: Statistics = {
    ...local.statistics,
    read: (account, month, signal) =>
      serving?.call('readStatistics', [account, month], signal) ?? local.statistics.read(account, month, signal),
    forget: async (account) => {
      await local.statistics.forget(account);
      await serving?.call('forgetStatistics', [account]);
    },
  };
  const objects: Objects = {
    ...local.objects,
    close: (account, work) =>
      local.objects.close(account, async () => {
        closed.add(account);
        try {
          await serving?.call('closeBucket', [account]);
          return await work();
        } finally {
          closed.delete(account);
          // One that is gone has nothing open.
          await serving?.call('openBucket', [account]).catch(() => undefined);
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
    notice: (...changed) => void serving?.call('noticeAccount', changed).catch(() => undefined),
  };
}

export function startServing(start: Start): Worker {
  return new Worker(program(), { workerData: start, execArgv: [], env: {}, name: 's3-gateway' });
}

/** From the sources, as tests start it, the compiled one: a thread cannot load TypeScript. */
function program(): URL {
  const compiled = import.meta.url.endsWith('.ts') ? '../../../dist/plugins/ironbucket-local/thread/' : './';
  return new URL(`${compiled}serving.js`, import.meta.url);
}
