import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';

/** One thing that happened, as it is kept. Entries of an offering are numbered from 1 without gaps. */
export interface JournalEntry {
  readonly offering: Uuid;
  readonly seq: number;
  readonly at: Date;
  /** Of the agent that wrote it. */
  readonly version: string;
  readonly order: Uuid | undefined;
  readonly resource: Uuid | undefined;
  readonly event: JournalEvent;
  /** SHA-256 in hex over the hash of the entry before and everything above. */
  readonly hash: string;
}

export type JournalEvent = OrderEvent | BackendEvent | WaldurEvent | DriftEvent | CommandEvent | LostEvent;
export type JournalKind = JournalEvent['kind'];

/** A step of an order. An attempt at which nothing was done, such as waiting for an approval again, is not kept. */
export interface OrderEvent {
  readonly kind: 'order';
  /** `read`: an attempt begins; `ended`: it came to `ending`; `failed`: it ended with `error` and is tried again. */
  readonly stage: 'read' | 'ended' | 'failed';
  /** Of Waldur: `Create`, `Update`, `Terminate`, `Restore`. */
  readonly type: string;
  /** Of the order in Waldur when it was read. */
  readonly state: string;
  /** Name of the resource in Waldur. */
  readonly name: string;
  /** User name in Waldur of the person who placed it, where Waldur tells. */
  readonly by?: string;
  /** Of stage `ended`: `done`, `erred`, `rejected`, `deferred`, `pending` or `skipped`. */
  readonly ending?: string;
  /** How long the attempt took. */
  readonly ms?: number;
  readonly error?: JournalError;
}

/** Something the agent did at the backend, or tried to. */
export interface BackendEvent {
  readonly kind: 'backend';
  /** `create-account`, `set-quota`, `configure`, `suspend`, `resume`, `issue-key`, `revoke-key` or `delete-account`. */
  readonly action: string;
  readonly account: string;
  /** False when there was nothing to change. */
  readonly changed: boolean;
  readonly ms: number;
  /** Limits in base units as text, changed attributes, the id of a key; never a secret. */
  readonly details: JsonObject;
  readonly error?: JournalError;
}

/** Something the agent told Waldur, or tried to. */
export interface WaldurEvent {
  readonly kind: 'waldur';
  /** What was told: `approve`, `set-done`, `set-backend-id` and so on. */
  readonly call: string;
  /** What the consumer reads, where the call has such a text. */
  readonly text?: string;
  readonly ms: number;
  /** What was sent, without values that may be secret. */
  readonly details: JsonObject;
  readonly error?: JournalError;
}

/** An account that differed from what Waldur says. */
export interface DriftEvent {
  readonly kind: 'drift';
  readonly result: 'found' | 'repaired' | 'left';
  readonly account: string;
  /** The actions that the difference asks for. */
  readonly actions: readonly string[];
  readonly error?: JournalError;
}

/** What a person asked for. */
export interface CommandEvent {
  readonly kind: 'command';
  /** Words of the command line, such as `orphans`, or what the page calls it: `report now`. */
  readonly command: string;
  /** Name of the user of the system or of the person who is logged in. */
  readonly user: string;
  readonly source: 'cli' | 'page';
  readonly options: JsonObject;
  readonly outcome: 'done' | 'failed';
  readonly error?: JournalError;
}

/** Entries that could not be written, for example because the disk was full. */
export interface LostEvent {
  readonly kind: 'lost';
  readonly count: number;
  /** ISO times of the first and the last of them. */
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export interface JournalError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
