import type { KeyPair } from '../../src/s3/index.ts';
import { mintKeyPair } from '../../src/s3/index.ts';

const MARK = 'WSA';

/**
 * Keys that were given to a consumer begin with our mark: those that Civo makes with a credential were never given out, and
 * those that were set by hand are not known to Waldur. So what was issued can be seen without remembering it.
 */
export function mintIssued(random: (bytes: number) => Uint8Array): KeyPair {
  const { accessKey, secretKey } = mintKeyPair(random);
  return { accessKey: MARK + accessKey.slice(MARK.length), secretKey };
}

/** Keys that are never given out, in place of those that shall not work any more. */
export function mintUntold(random: (bytes: number) => Uint8Array): KeyPair {
  const { accessKey, secretKey } = mintKeyPair(random);
  return { accessKey: `X${accessKey.slice(1)}`, secretKey };
}

export function isIssued(accessKey: string): boolean {
  return accessKey.startsWith(MARK);
}
