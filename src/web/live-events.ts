import type { Clock } from '../lib/clock.ts';
import type { Journal } from '../store/journal.ts';

/** What happens now, as server-sent events for many browsers at once. */
export interface LiveEvents {
  /** A reader that begins with how the offerings stand; undefined when there are too many. */
  open(): AsyncIterable<string> | undefined;
  /** Ends every reader. */
  close(): void;
}

export interface LiveEventsDeps {
  readonly clock: Clock;
  journal(): Pick<Journal, 'follow'>;
  /** How each offering stands, by its name: JSON text without secrets. */
  standings(): ReadonlyMap<string, string>;
}

/** Browsers open six connections to one server at most, so this is some hundred people. */
const MOST_READERS = 500;
/** Events that wait for a reader who is slow; then it is told that it missed some. */
const MOST_WAITING = 500;
const LOOK_MS = 1_000;
/** Proxies close a connection on which nothing is said for a minute. */
const HEARTBEAT_MS = 20_000;
/** A browser comes back by itself, and is asked again who it is. */
const LIFETIME_MS = 10 * 60_000;

const MISSED = message('missed', '{}');

/**
 * `journal`: an entry of the journal as it is recorded, without number and hash; `standing`: an offering stands otherwise than
 * before; `missed`: read again what you show.
 */
export function createLiveEvents({ clock, journal, standings }: LiveEventsDeps): LiveEvents {
  const readers = new Set<Reader>();
  let told: ReadonlyMap<string, string> = new Map();
  let unfollow: (() => void) | undefined;
  let cancelLook: (() => void) | undefined;
  let spokenMs = 0;

  function broadcast(text: string): void {
    for (const reader of readers) reader.put(text);
  }

  function start(): void {
    told = standings();
    spokenMs = clock.monotonicMs();
    unfollow = journal().follow(({ at, event, ...about }) => {
      broadcast(message('journal', JSON.stringify({ ...about, at: at.toISOString(), ...event })));
    });
    cancelLook = clock.after(LOOK_MS, look);
  }

  function look(): void {
    const now = standings();
    for (const [name, text] of now) if (told.get(name) !== text) broadcast(message('standing', text));
    told = now;
    const nowMs = clock.monotonicMs();
    if (nowMs - spokenMs >= HEARTBEAT_MS) {
      spokenMs = nowMs;
      broadcast(': still here\n\n');
    }
    for (const reader of readers) if (nowMs - reader.bornMs >= LIFETIME_MS) reader.end();
    if (readers.size > 0) cancelLook = clock.after(LOOK_MS, look);
  }

  function leave(reader: Reader): void {
    if (!readers.delete(reader) || readers.size > 0) return;
    unfollow?.();
    cancelLook?.();
  }

  return {
    open: () => {
      if (readers.size >= MOST_READERS) return undefined;
      const reader = createReader(clock.monotonicMs(), leave);
      if (readers.size === 0) start();
      readers.add(reader);
      reader.put('retry: 3000\n\n');
      for (const text of standings().values()) reader.put(message('standing', text));
      return reader;
    },
    close: () => {
      for (const reader of readers) reader.end();
    },
  };
}

function message(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

interface Reader extends AsyncIterable<string> {
  readonly bornMs: number;
  put(text: string): void;
  end(): void;
}

/** Hands on everything that waits as one piece. */
function createReader(bornMs: number, leave: (reader: Reader) => void): Reader {
  let waiting: string[] = [];
  let isOver = false;
  let wake: (() => void) | undefined;
  const end = (): void => {
    isOver = true;
    wake?.();
    leave(reader);
  };
  const next = async (): Promise<IteratorResult<string, undefined>> => {
    if (waiting.length === 0 && !isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (isOver) return { done: true, value: undefined };
    const value = waiting.join('');
    waiting = [];
    return { done: false, value };
  };
  const reader: Reader = {
    bornMs,
    put: (text) => {
      if (waiting.length >= MOST_WAITING) waiting = [MISSED];
      waiting.push(text);
      wake?.();
    },
    end,
    [Symbol.asyncIterator]: () => ({
      next,
      return: async () => {
        end();
        return { done: true, value: undefined };
      },
    }),
  };
  return reader;
}
