import type { Uuid } from '../lib/ids.ts';
import type { Draft } from './journal-chain.ts';

/** Entries that are not written yet, by offering. What there is no room for is counted, and becomes an entry itself. */
export interface Waiting {
  add(offering: Uuid, draft: Draft): void;
  offerings(): readonly Uuid[];
  /** Everything that waits, in order. */
  peek(offering: Uuid): readonly Draft[];
  /** What was peeked at last is written. */
  written(offering: Uuid): void;
  /** Why nothing could be written, for the entry about what was lost. */
  failed(reason: string): void;
}

interface Queue {
  drafts: Draft[];
  lost: Lost | undefined;
  /** What was peeked at. */
  shown: { readonly drafts: number; readonly lost: Lost | undefined };
}

interface Lost {
  readonly count: number;
  readonly from: Date;
  readonly to: Date;
  readonly version: string;
}

/** Some megabytes at most. */
const MOST = 10_000;

export function createWaiting(most = MOST): Waiting {
  const queues = new Map<Uuid, Queue>();
  let reason = 'too much happened at once';

  return {
    add: (offering, draft) => {
      const queue = queues.get(offering) ?? { drafts: [], lost: undefined, shown: { drafts: 0, lost: undefined } };
      queues.set(offering, queue);
      if (queue.drafts.length < most) queue.drafts.push(draft);
      else queue.lost = lose(queue.lost, draft);
    },
    offerings: () => [...queues.keys()],
    peek: (offering) => {
      const queue = queues.get(offering);
      if (queue === undefined) return [];
      const { drafts, lost } = queue;
      queue.shown = { drafts: drafts.length, lost };
      return lost === undefined ? [...drafts] : [...drafts, lostDraft(lost, reason)];
    },
    written: (offering) => {
      const queue = queues.get(offering);
      if (queue === undefined) return;
      queue.drafts = queue.drafts.slice(queue.shown.drafts);
      queue.lost = remaining(queue.lost, queue.shown.lost);
      if (queue.drafts.length === 0 && queue.lost === undefined) queues.delete(offering);
    },
    failed: (why) => {
      reason = why;
    },
  };
}

function lose(lost: Lost | undefined, { at, version }: Draft): Lost {
  return { count: (lost?.count ?? 0) + 1, from: lost?.from ?? at, to: at, version };
}

function remaining(lost: Lost | undefined, told: Lost | undefined): Lost | undefined {
  if (lost === undefined || told === undefined) return lost;
  return lost.count === told.count ? undefined : { ...lost, count: lost.count - told.count, from: told.to };
}

function lostDraft({ count, from, to, version }: Lost, reason: string): Draft {
  const event = { kind: 'lost', count, from: from.toISOString(), to: to.toISOString(), reason } as const;
  return { at: to, version, order: undefined, resource: undefined, event };
}
