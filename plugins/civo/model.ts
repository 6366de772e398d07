import type { KeyPair } from '../../src/s3/index.ts';

export type Status = 'pending' | 'ready' | 'failed';

/** An object store as Civo answers it. */
export interface Store {
  readonly id: string;
  /** May differ from the name that was asked for. */
  readonly name: string;
  /** Undefined when the answer has no size. */
  readonly sizeGb: number | undefined;
  /** Of the credential that owns it; empty when the answer does not say. */
  readonly credentialId: string;
  readonly accessKey: string;
  /** Origin of the S3 API; empty when the answer does not say. */
  readonly endpoint: string;
  /** Name of the bucket there. */
  readonly bucket: string;
  readonly status: Status;
  /** The status in Civo's own word. */
  readonly said: string;
}

export interface Credential {
  readonly id: string;
  /** Our stamp, for one of ours. */
  readonly name: string;
  readonly keys: KeyPair;
  readonly suspended: boolean;
  readonly status: Status;
}

export interface Region {
  readonly code: string;
  readonly name: string;
  readonly objectStore: boolean;
  readonly outOfCapacity: boolean;
}

export interface AccountQuota {
  readonly limitGb: number;
  readonly usedGb: number;
}

/** What a store holds, in the unit of Civo's API. */
export interface Stats {
  readonly usedKb: bigint;
  readonly objects: bigint;
}
