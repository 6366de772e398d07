import type { Json } from '../../src/lib/json.ts';
import type { ProcessSite } from '../fakes/process.ts';

/** A backend to break agents at, and what is known of it without the agent's help. */
export interface Bench {
  readonly site: ProcessSite;
  /** Directory whose files the backend changes; nothing where it has none. */
  readonly root: string;
  /** False where accounts have no keys. */
  readonly hasKeys?: false;
  /** Every account there is, ours or not. */
  accounts(): ReadonlyMap<string, Account>;
  /** Puts something into an account. */
  fill(account: string): void;
  /** Anything that belongs to no account. */
  leftovers(): readonly string[];
}

export interface Account {
  readonly resource: string;
  readonly suspended: boolean;
  readonly bytes: number;
  readonly keys: readonly KeyPair[];
}

export interface KeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

export const BACKENDS = [
  'ironbucket-local',
  'croit-s3 (croit)',
  'croit-s3 (radosgw)',
  'civo',
  'minio',
  'host-quota',
] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface BenchOptions {
  readonly offering: 'limit' | 'usage' | 'options';
  readonly settings: Readonly<Record<string, Json>>;
}
