import type { MessagePort } from 'node:worker_threads';
import type { NodeNumbers } from '../cluster/aggregate.ts';
import type { QuotaRecord } from '../quota/quota-file.ts';
import type { ScanResult } from '../quota/scan.ts';
import type { Settings } from '../settings.ts';
import type { Counts } from '../statistics/statistics-file.ts';
import type { Portable } from './peer.ts';

/** What a thread is started with. */
export interface ThreadStart {
  readonly settings: Settings;
  /** How many threads take connections; 0 for one that takes none. */
  readonly listeners: number;
  /** Which of `count` threads that store it is, which says which buckets are its own; -1 for one that has none. */
  readonly index: number;
  readonly count: number;
  /** Its own buckets that are about to be removed: nothing in them changes until they are opened. */
  readonly closed: readonly string[];
  /** The other nodes, which are asked by the agent's own thread. */
  readonly nodes: readonly string[];
  /** To the threads that store, by their index, when it takes connections; to itself there is none. */
  readonly storages: readonly (MessagePort | undefined)[];
  /** From the other threads that take connections, when it stores. */
  readonly askers: readonly MessagePort[];
}

/** What the agent asks of a thread. Buckets are the thread's own. */
export type ThreadCalls = {
  /** The file of an account was written; the identities are those of its directory. */
  noticeAccount(account: string, before: string | undefined, after: string | undefined): void;
  readQuota(account: string): QuotaRecord | undefined;
  setLimit(account: string, maxBytes: bigint | null): boolean;
  measure(account: string): ScanResult | undefined;
  forgetQuota(account: string): void;
  forgetStatistics(account: string): void;
  readStatistics(account: string, month: string | undefined): Counts;
  /** Resolves when nothing in the bucket changes any more. */
  closeBucket(account: string): void;
  openBucket(account: string): void;
  /** Resolves when it takes no connections any more, and the last request was answered. */
  finish(): void;
  /** Ends the thread, when all is written. */
  stop(): void;
};

/** What a thread asks of the agent. */
export type AgentCalls = {
  /** It takes connections, or cannot. */
  tried(result: { readonly host: string; readonly port: number } | { readonly failure: Portable }): void;
  log(level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void;
  askNode(name: string, bucket: string, month: string): NodeNumbers;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
