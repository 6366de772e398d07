import { createHash } from 'node:crypto';
import type { Deriver } from '../madmin/deriver.ts';

/** Another key derivation of no duration, for tests of everything but the derivation; client and emulator share it. */
export function instantDeriver(): Deriver & { readonly keys: () => number } {
  let count = 0;
  return {
    derive: async (_, password, salt, signal) => {
      signal.throwIfAborted();
      count++;
      return createHash('sha256').update(password).update(salt).digest();
    },
    load: () => ({ derivations: count, busyMs: 0 }),
    keys: () => count,
    close: async () => undefined,
  };
}
