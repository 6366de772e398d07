import type { Json, JsonObject } from '../../../src/lib/json.ts';
import type { KeyPair } from '../../../src/s3/sigv4.ts';

export interface User {
  readonly secret: string;
  readonly enabled: boolean;
}

export interface ServiceAccount {
  readonly parent: string;
  readonly secret: string;
  readonly enabled: boolean;
  /** Undefined when that of the parent holds alone. */
  readonly policy: JsonObject | undefined;
  readonly name: string;
  readonly description: string;
  readonly expires: Date | undefined;
}

export interface Quota {
  readonly quota: bigint;
  readonly size: bigint;
  readonly rate: bigint;
  readonly requests: bigint;
  readonly type: string;
}

/** As the scanner counted it. */
export interface Count {
  readonly size: bigint;
  readonly objects: bigint;
  readonly versions: bigint;
  readonly deleteMarkers: bigint;
}

export interface Usage {
  readonly scannedAt: Date;
  readonly buckets: ReadonlyMap<string, Count>;
}

export interface CannedPolicy {
  readonly document: Json;
  readonly created: Date;
  readonly updated: Date;
}

/** What a server keeps of identities and quotas. */
export interface State {
  readonly root: KeyPair;
  readonly users: Map<string, User>;
  readonly serviceAccounts: Map<string, ServiceAccount>;
  readonly policies: Map<string, CannedPolicy>;
  readonly mappings: Map<string, { readonly names: readonly string[]; readonly updated: Date }>;
  readonly quotas: Map<string, Quota>;
  /** Undefined before the first scan. */
  usage: Usage | undefined;
}

export function createState(root: KeyPair, now: Date): State {
  const policies = Object.entries(BUILT_IN).map(
    ([name, statements]) =>
      [name, { document: { Version: '2012-10-17', Statement: statements }, created: now, updated: now }] as const,
  );
  return {
    root,
    users: new Map(),
    serviceAccounts: new Map(),
    policies: new Map(policies),
    mappings: new Map(),
    quotas: new Map(),
    usage: undefined,
  };
}

const EVERYTHING = ['arn:aws:s3:::*'];

export const BUILT_IN: Readonly<Record<string, readonly JsonObject[]>> = {
  readwrite: [{ Effect: 'Allow', Action: ['s3:*'], Resource: EVERYTHING }],
  readonly: [{ Effect: 'Allow', Action: ['s3:GetBucketLocation', 's3:GetObject'], Resource: EVERYTHING }],
  writeonly: [{ Effect: 'Allow', Action: ['s3:PutObject'], Resource: EVERYTHING }],
  diagnostics: [{ Effect: 'Allow', Action: ['admin:ServerInfo', 'admin:Profiling'], Resource: EVERYTHING }],
  consoleAdmin: [
    { Effect: 'Allow', Action: ['admin:*'] },
    { Effect: 'Allow', Action: ['kms:*'] },
    { Effect: 'Allow', Action: ['s3:*'], Resource: EVERYTHING },
  ],
};
