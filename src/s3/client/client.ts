import { bucketsOf, type S3Buckets } from './buckets.ts';
import { createCaller, type S3Options } from './call.ts';
import { documentsOf, type S3Documents } from './documents.ts';
import { objectsOf, type S3Objects } from './objects.ts';

/** A small S3 client for provisioning: buckets, their documents, and what it takes to empty them. */
export interface S3 {
  readonly buckets: S3Buckets;
  readonly objects: S3Objects;
  readonly documents: S3Documents;
  close(): void;
}

/** Connects with the first request. Every method throws AgentError with the codes of `explainS3`. */
export function createS3(options: S3Options): S3 {
  const caller = createCaller(options);
  return {
    buckets: bucketsOf(caller),
    objects: objectsOf(caller),
    documents: documentsOf(caller),
    close: () => caller.close(),
  };
}
