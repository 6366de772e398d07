import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BucketDetails } from './admin-route.ts';
import type { Count } from './state.ts';

/** A request to the data plane whose signature holds. */
export interface PlaneCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly bucket: string;
  readonly key: string;
  /** @throws Refusal unless a policy of the caller allows it */
  allow(action: string, key?: string): void;
  /** @throws Refusal when the quota of the bucket does not admit so many bytes more */
  admit(bytes: number): void;
}

/** Where buckets are kept, in place of memory. */
export interface Plane {
  serve(call: PlaneCall): Promise<void>;
  exists(bucket: string): Promise<boolean>;
  details(): Promise<readonly BucketDetails[]>;
  /** As the scanner of a server counts. */
  count(): Promise<ReadonlyMap<string, Count>>;
}
