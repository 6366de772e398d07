import type { Stats } from './model.ts';
import type { Settings } from './settings.ts';

/** Bytes in what the API counts in KB, of which it does not say how many bytes they have. */
export function bytesIn({ kb_bytes: factor }: Settings, { usedKb }: Stats): bigint {
  return usedKb * BigInt(factor);
}
