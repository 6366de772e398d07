import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../src/lib/clock.ts';
import { setBounded } from '../../../src/lib/set-bounded.ts';

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
  const limiter = createLimiter(clock);

  function judge(given: string | undefined, address: string): Verdict {
    if (key === undefined) return 'no-key';
    if (given === undefined) return 'no-credentials';
    if (limiter.isBlocked(address)) return 'too-many';
    if (isSame(given, key)) return 'ok';
    limiter.count(address);
    return 'wrong';
  }

  return {
    basic: (header, address) => judge(passwordOf(header), address),
    bearer: (header, address) => judge(bearerOf(header), address),
  };
}

/** Looks at `Authorization` of callers of whom each has a key of their own. */
export interface KeyRing<Holder> {
  /** Whose key it is; undefined for a key that is not known. */
  find(header: string | undefined, address: string): Holder | 'too-many' | undefined;
}

export function createKeyRing<Holder extends { readonly key: string }>(
  holders: readonly Holder[],
  clock: Clock,
): KeyRing<Holder> {
  const limiter = createLimiter(clock);
  return {
    find: (header, address) => {
      const given = bearerOf(header);
      if (given === undefined || holders.length === 0) return undefined;
      if (limiter.isBlocked(address)) return 'too-many';
      const [holder] = holders.filter(({ key }) => isSame(given, key));
      if (holder === undefined) limiter.count(address);
      return holder;
    },
  };
}

/** Who guesses has to wait. */
function createLimiter(clock: Clock): { isBlocked(address: string): boolean; count(address: string): void } {
  const failures = new Map<string, { readonly count: number; readonly untilMs: number }>();
  const current = (address: string): { readonly count: number; readonly untilMs: number } => {
    const now = clock.monotonicMs();
    const known = failures.get(address);
    return known !== undefined && known.untilMs > now ? known : { count: 0, untilMs: now + WINDOW_MS };
  };
  return {
    isBlocked: (address) => current(address).count >= FAILURES,
    count: (address) => {
      const { count, untilMs } = current(address);
      setBounded(failures, address, { count: count + 1, untilMs }, ADDRESSES);
    },
  };
}

function bearerOf(header: string | undefined): string | undefined {
  return header?.replace(/^Bearer\s+/i, '');
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
