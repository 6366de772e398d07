/** What plugins that speak S3 share; `waldur-storage-agent/s3` for those from other packages. */

export type { S3Options } from './client/call.ts';
export { createS3, type S3 } from './client/client.ts';
export type { CorsRule, LifecycleRule, Tags, Versioning } from './client/documents.ts';
export { explainS3, hasS3Code, S3_ABSENT, S3_BUCKET_OWNED } from './client/explain.ts';
export { emptyBucket, purgeBucket } from './client/purge.ts';
export { mintKeyPair } from './key-pair.ts';
export { encodeQuery, encodeStrictly, type KeyPair, sign } from './sigv4.ts';
export { childrenOf, childText, parseXml, type XmlElement } from './xml/parse.ts';
export { element, type Markup, render, S3_NAMESPACE } from './xml/write.ts';
