import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../src/lib/clock.ts';

export type Verdict = 'ok' | 'no-key' | 'no-credentials' | 'wrong' | 'too-many';

/** Wrong keys from one address before it has to wait, and how long they count. */
const FAILURES = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered. */
const ADDRESSES = 10_000;

/** Looks at `Authorization` of callers who all have the same key. */
export interface Guard {
  /** Basic with the user `api`. */
  basic(header: string | undefined, address: string): Verdict;
  /** `Bearer KEY`, or the bare key. */
  bearer(header: string | undefined, address: string): Verdict;
}

export function createGuard(key: string | undefined, clock: Clock): Guard {
  const failures = new Map<string, { count: number; untilMs: number }>();

  function judge(given: string | undefined, address: string): Verdict {
    if (key === undefined) return 'no-key';
    if (given === undefined) return 'no-credentials';
    const now = clock.monotonicMs();
    const known = failures.get(address);
    const current = known !== undefined && known.untilMs > now ? known : { count: 0, untilMs: now + WINDOW_MS };
    if (current.count >= FAILURES) return 'too-many';
    if (isSame(given, key)) return 'ok';
    failures.delete(address);
    failures.set(address, { ...current, count: current.count + 1 });
    const [oldest] = failures.keys();
    if (failures.size > ADDRESSES && oldest !== undefined) failures.delete(oldest);
    return 'wrong';
  }

  return {
    basic: (header, address) => judge(passwordOf(header), address),
    bearer: (header, address) => judge(header?.replace(/^Bearer\s+/i, ''), address),
  };
}

/** An empty text for a header that is no such thing: it is wrong, not missing. */
function passwordOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, encoded] = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header) ?? [];
  const text = Buffer.from(encoded ?? '', 'base64').toString();
  return text.startsWith('api:') ? text.slice('api:'.length) : '';
}

/** Takes as long for every wrong key: texts of different lengths cannot be compared in constant time, their hashes can. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
