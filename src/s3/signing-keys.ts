import { type Scope, signingKey } from './sigv4.ts';

/** The signing key of a secret for a day and region. */
export type SigningKeys = (secretKey: string, scope: Scope) => Buffer;

const MOST = 1000;

/** Four hashes each, which are the same for a day: they are kept, of the latest day that was asked for, and a thousand at most. */
export function createSigningKeys(): SigningKeys {
  const kept = new Map<string, Buffer>();
  let latest = '';
  return (secretKey, scope) => {
    const day = scope.stamp.slice(0, 8);
    if (day < latest) return signingKey(secretKey, scope);
    if (day > latest || kept.size >= MOST) kept.clear();
    latest = day;
    const name = `${scope.region}/${secretKey}`;
    const found = kept.get(name);
    if (found !== undefined) return found;
    const made = signingKey(secretKey, scope);
    kept.set(name, made);
    return made;
  };
}
