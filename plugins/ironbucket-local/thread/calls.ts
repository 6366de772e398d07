import type { NodeNumbers } from '../cluster/aggregate.ts';
import type { QuotaRecord } from '../quota/quota-file.ts';
import type { ScanResult } from '../quota/scan.ts';
import type { Settings } from '../settings.ts';
import type { Counts } from '../statistics/statistics-file.ts';
import type { Portable } from './peer.ts';

/** What the thread of the gateway is started with. */
export interface Start {
  readonly settings: Settings;
  /** Buckets that are about to be removed: nothing in them changes until they are opened. */
  readonly closed: readonly string[];
  /** The other nodes, which are asked by the agent's own thread. */
  readonly nodes: readonly string[];
}

/** What the agent asks of the thread that serves. */
export type ServingCalls = {
  readQuota(account: string): QuotaRecord | undefined;
  setLimit(account: string, maxBytes: bigint | null): boolean;
  measure(account: string): ScanResult | undefined;
  forgetQuota(account: string): void;
  forgetStatistics(account: string): void;
  readStatistics(account: string, month: string | undefined): Counts;
  /** Resolves when nothing in the bucket changes any more. */
  closeBucket(account: string): void;
  openBucket(account: string): void;
  /** The file of an account was written; the identities are those of its directory. */
  noticeAccount(account: string, before: string | undefined, after: string | undefined): void;
  /** Ends the thread, when what it was doing is done and written. */
  stop(): void;
};

/** What the thread that serves asks of the agent. */
export type AgentCalls = {
  /** It listens, or cannot. */
  tried(result: { readonly host: string; readonly port: number } | { readonly failure: Portable }): void;
  log(level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void;
  askNode(name: string, bucket: string, month: string): NodeNumbers;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
