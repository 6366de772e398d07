import type { Clock } from '../../lib/clock.ts';
import { isJsonObject } from '../../lib/json.ts';
import type { Person } from '../authorize.ts';
import type { Identified, People } from '../people.ts';
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

  function isOver({ bornMs, seenMs }: Session): boolean {
    const now = clock.monotonicMs();
    return now - bornMs >= deps.longestMs || now - seenMs >= IDLE_MS;
  }

  function renew(id: string, session: Session, turn: number): Identified | undefined {
    const { person } = session;
    const now = clock.monotonicMs();
    if (turn === session.turn) {
      session.arrivedMs ??= now;
      if (now - session.turnedMs < TURN_MS) return { person };
      Object.assign(session, { turn: turn + 1, turnedMs: now, arrivedMs: undefined });
      return { person, renewed: sealed(id, session.turn) };
    }
    const isLast = turn === session.turn - 1;
    // The answer with the new cookie may have been lost.
    if (isLast && session.arrivedMs === undefined) return { person, renewed: sealed(id, session.turn) };
    if (isLast && now - (session.arrivedMs ?? 0) < OVERLAP_MS) return { person };
    sessions.delete(id);
    deps.replayed(person);
    return undefined;
  }

  return {
    begin: (person) => {
      const [oldest] = sessions.size >= MOST ? sessions.keys() : [];
      if (oldest !== undefined) sessions.delete(oldest);
      const id = Buffer.from(deps.random(16)).toString('base64url');
      const now = clock.monotonicMs();
      sessions.set(id, { person, bornMs: now, seenMs: now, turn: 1, turnedMs: now, arrivedMs: undefined });
      return sealed(id, 1);
    },
    identify: (cookies) => {
      const claim = read(cookies);
      const session = claim && sessions.get(claim.id);
      if (claim === undefined || session === undefined) return undefined;
      if (isOver(session)) {
        sessions.delete(claim.id);
        return undefined;
      }
      session.seenMs = clock.monotonicMs();
      return renew(claim.id, session, claim.turn);
    },
    end: (cookies) => {
      const claim = read(cookies);
      if (claim !== undefined) sessions.delete(claim.id);
      return cookie.clear();
    },
  };
}
