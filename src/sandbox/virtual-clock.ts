/** The server's clock: runs with real time, and jumps when a test says so. */
export interface VirtualClock {
  nowMs(): number;
  now(): Date;
  /** ISO text with microseconds, strictly increasing: the resolution and the order Waldur's rows have. */
  stamp(): string;
  /** Jumps forward (or back), then runs what became due. */
  advance(ms: number): void;
  set(time: Date): void;
  /** Runs `task` every `everyMs` of virtual time; returns how to stop it. */
  every(everyMs: number, task: () => void): void;
  /** Runs what is due; called by jumps and by a slow real timer. */
  runDue(): void;
}

export function createVirtualClock(start?: Date): VirtualClock {
  let offset = start === undefined ? 0 : start.getTime() - Date.now();
  let lastMicros = 0;
  let cached = { ms: Number.NaN, text: '' };
  const tasks: { everyMs: number; dueMs: number; task: () => void }[] = [];
  const nowMs = (): number => Date.now() + offset;
  const text = (ms: number): string => {
    if (cached.ms !== ms) cached = { ms, text: new Date(ms).toISOString().slice(0, -1) };
    return cached.text;
  };
  const clock: VirtualClock = {
    nowMs,
    now: () => new Date(nowMs()),
    stamp: () => {
      const micros = Math.max(nowMs() * 1000, lastMicros + 1);
      lastMicros = micros;
      const ms = Math.floor(micros / 1000);
      return `${text(ms)}${String(micros % 1000).padStart(3, '0')}Z`;
    },
    advance: (ms) => {
      offset += ms;
      if (ms < 0) lastMicros = 0;
      clock.runDue();
    },
    set: (time) => clock.advance(time.getTime() - nowMs()),
    every: (everyMs, task) => {
      tasks.push({ everyMs, dueMs: nowMs() + everyMs, task });
    },
    runDue: () => {
      const now = nowMs();
      for (const entry of tasks) {
        if (entry.dueMs > now) continue;
        entry.dueMs = now + entry.everyMs;
        entry.task();
      }
    },
  };
  return clock;
}
