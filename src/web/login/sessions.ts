import type { Clock } from '../../lib/clock.ts';
import { isJsonObject } from '../../lib/json.ts';
import { setBounded } from '../../lib/set-bounded.ts';
import type { Person } from '../authorize.ts';
import type { People } from '../people.ts';
import type { Cookie } from './cookie.ts';
import type { Seal } from './seal.ts';

/** Who is logged in. Sessions end with the process; the login server knows its people, so a new one is a click. */
export interface Sessions extends People {
  /** Begins a session; returns its `Set-Cookie`. */
  begin(person: Person): string;
  /** Ends the session of the cookies; returns the `Set-Cookie` that removes it. */
  end(cookies: string | undefined): string;
}

export interface SessionsDeps {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly cookie: Cookie;
  readonly seal: Seal;
  readonly random: (bytes: number) => Uint8Array;
  /** How long a session lasts at most. */
  readonly longestMs: number;
  /** A cookie came again after it was replaced: it was copied. */
  replayed(person: Person): void;
}

interface Session {
  readonly person: Person;
  readonly bornMs: number;
  seenMs: number;
  /** Counts the cookies of the session. */
  turn: number;
  turnedMs: number;
  /** When the newest cookie came for the first time. */
  arrivedMs: number | undefined;
}

const IDLE_MS = 3_600_000;
const TURN_MS = 5 * 60_000;
/** Requests that were under way when the cookie was replaced. */
const OVERLAP_MS = 30_000;
const MOST = 10_000;

export function createSessions(deps: SessionsDeps): Sessions {
  const { clock, cookie, seal } = deps;
  const sessions = new Map<string, Session>();
  const sealed = (id: string, turn: number): string => cookie.set(seal.seal({ id, turn }));

  function read(cookies: string | undefined): { readonly id: string; readonly turn: number } | undefined {
    const text = cookie.read(cookies);
    const value = text === undefined ? undefined : seal.open(text);
    const { id, turn } = isJsonObject(value) ? value : {};
    return typeof id === 'string' && typeof turn === 'number' ? { id, turn } : undefined;
  }

  return {
    begin: (person) => {
      const id = Buffer.from(deps.random(16)).toString('base64url');
      const now = clock.monotonicMs();
      const session = { person, bornMs: now, seenMs: now, turn: 1, turnedMs: now, arrivedMs: undefined };
      setBounded(sessions, id, session, MOST);
      return sealed(id, 1);
    },
    identify: (cookies) => {
      const claim = read(cookies);
      const session = claim && sessions.get(claim.id);
      if (claim === undefined || session === undefined) return undefined;
      const { person } = session;
      const verdict = judge(session, claim.turn, clock.monotonicMs(), deps.longestMs);
      if (verdict === 'valid') return { person };
      if (verdict === 'renew') return { person, renewed: sealed(claim.id, session.turn) };
      sessions.delete(claim.id);
      if (verdict === 'replayed') deps.replayed(person);
      return undefined;
    },
    end: (cookies) => {
      const claim = read(cookies);
      if (claim !== undefined) sessions.delete(claim.id);
      return cookie.clear();
    },
  };
}

/** What a cookie of the session is worth now; counts it. */
function judge(
  session: Session,
  turn: number,
  now: number,
  longestMs: number,
): 'valid' | 'renew' | 'over' | 'replayed' {
  if (now - session.bornMs >= longestMs || now - session.seenMs >= IDLE_MS) return 'over';
  session.seenMs = now;
  if (turn === session.turn) {
    session.arrivedMs ??= now;
    if (now - session.turnedMs < TURN_MS) return 'valid';
    Object.assign(session, { turn: turn + 1, turnedMs: now, arrivedMs: undefined });
    return 'renew';
  }
  if (turn !== session.turn - 1) return 'replayed';
  // The answer with the new cookie may have been lost.
  if (session.arrivedMs === undefined) return 'renew';
  return now - session.arrivedMs < OVERLAP_MS ? 'valid' : 'replayed';
}
