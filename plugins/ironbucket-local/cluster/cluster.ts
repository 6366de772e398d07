import type { Clock } from '../../../src/lib/clock.ts';
import type { Log } from '../../../src/lib/log.ts';
import { setBounded } from '../../../src/lib/set-bounded.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';
import type { Quotas } from '../quota/quotas.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { type Aggregate, aggregate, type NodeReport } from './aggregate.ts';
import type { AskNode } from './ask-node.ts';

/** What all nodes counted in a bucket, each in its own files. */
export interface Cluster {
  /** Of the last 10 seconds. @throws what reading the own numbers throws; a node that is down is in the answer. */
  read(bucket: string, month: string, signal: AbortSignal): Promise<Aggregate>;
  close(): void;
}

export interface ClusterDeps {
  readonly quotas: Pick<Quotas, 'state'>;
  readonly statistics: Pick<Statistics, 'read'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of this node. */
  readonly self: string;
  readonly others: readonly AskNode[];
}

interface Known {
  readonly askedMs: number;
  readonly answer: Promise<Aggregate>;
  /** The last numbers of every node that ever answered. */
  readonly last: Map<string, NodeReport>;
}

const FRESH_MS = 10_000;
const REMEMBERED = 1000;

export function openCluster({ quotas, statistics, clock, log, self, others }: ClusterDeps): Cluster {
  /** In the order in which they were asked for. */
  const known = new Map<string, Known>();

  async function own(bucket: string, month: string, signal: AbortSignal): Promise<NodeReport> {
    const use = await quotas.state(bucket, signal);
    const numbers = { use, counts: await statistics.read(bucket, month, signal) };
    return { node: self, state: 'current', at: clock.now(), numbers };
  }

  async function other(node: AskNode, bucket: string, month: string, last: Known['last']): Promise<NodeReport> {
    const { name } = node;
    try {
      // Others may wait for the same answer: it has a deadline of its own.
      const numbers = await node.ask(bucket, month, new AbortController().signal);
      const report = { node: name, state: 'current', at: clock.now(), numbers } as const;
      last.set(name, report);
      return report;
    } catch (err) {
      log.warn({ err, node: name }, 'another node did not say what it counted');
      const before = last.get(name);
      return { node: name, state: before === undefined ? 'unknown' : 'old', at: before?.at, numbers: before?.numbers };
    }
  }

  async function ask(bucket: string, month: string, last: Known['last']): Promise<Aggregate> {
    const reports = [
      own(bucket, month, new AbortController().signal),
      ...others.map((node) => other(node, bucket, month, last)),
    ];
    return aggregate(await Promise.all(reports));
  }

  return {
    read: (bucket, month, signal) => {
      const key = `${bucket}/${month}`;
      const before = known.get(key);
      if (before !== undefined && clock.monotonicMs() - before.askedMs < FRESH_MS)
        return untilAborted(before.answer, signal);
      const last = before?.last ?? new Map<string, NodeReport>();
      const answer = ask(bucket, month, last);
      setBounded(known, key, { askedMs: clock.monotonicMs(), answer, last }, REMEMBERED);
      // A failure is not remembered.
      answer.catch(() => known.delete(key));
      return untilAborted(answer, signal);
    },
    close: () => {
      for (const node of others) node.close();
    },
  };
}
