import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createLifecycle, type Lifecycle, type LifecycleDeps } from '../../src/daemon/lifecycle.ts';
import { createLog } from '../../src/lib/log.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';

interface Rig {
  readonly lifecycle: Lifecycle;
  readonly clock: ManualClock;
  /** What happened, in order: calls of the parts and notifications of systemd. */
  readonly events: string[];
  readonly logged: string[];
  readonly exit: Promise<number>;
  send(event: string, argument?: unknown): Promise<void>;
  listeners(): number;
}

function run(changes: Partial<LifecycleDeps> = {}): Rig {
  const clock = manualClock();
  const signals = new EventEmitter();
  const events: string[] = [];
  const logged: string[] = [];
  const lifecycle = createLifecycle({
    signals,
    clock,
    drainMs: () => 30_000,
    log: createLog({ level: 'info', clock, secrets: createSecrets(), write: (line) => logged.push(line) }),
    service: {
      ready: (status) => events.push(`READY ${status}`),
      reloading: () => events.push('RELOADING'),
      stopping: () => events.push('STOPPING'),
      status: () => undefined,
      keepWatchdog: () => () => undefined,
    },
    start: async () => void events.push('start'),
    drain: async () => void events.push('drain'),
    close: async () => void events.push('close'),
    reload: async () => {
      events.push('reload');
      return 'reloaded';
    },
    reportNow: () => events.push('report'),
    ...changes,
  });
  const exit = lifecycle.run();
  exit.catch(() => undefined);
  const send = async (event: string, argument?: unknown): Promise<void> => {
    await clock.advance(0);
    signals.emit(event, argument);
    await clock.advance(0);
  };
  return { lifecycle, clock, events, logged, exit, send, listeners: () => signals.eventNames().length };
}

/** Work that ends only when its signal fires. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

describe('createLifecycle', () => {
  it.each(['SIGTERM', 'SIGINT'])('drains, closes and leaves with 0 on %s', async (signal) => {
    const rig = run();
    expect(rig.lifecycle.state()).toBe('starting');
    await rig.clock.advance(0);
    expect(rig.lifecycle.state()).toBe('running');
    await rig.send(signal);
    expect(await rig.exit).toBe(0);
    expect(rig.events).toEqual(['start', 'READY running', 'STOPPING', 'drain', 'close']);
    expect(rig.lifecycle.state()).toBe('stopped');
    expect([rig.listeners(), rig.clock.pending()]).toEqual([0, 0]);
  });

  it('lets work finish, then stops the rest', async () => {
    let finish = (): void => undefined;
    let stop: AbortSignal | undefined;
    const rig = run({
      start: async (signal) => {
        stop = signal;
      },
      drain: () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    });
    await rig.send('SIGTERM');
    await rig.clock.advance(29_999);
    expect([rig.lifecycle.state(), stop?.aborted]).toEqual(['draining', false]);
    finish();
    expect(await rig.exit).toBe(0);
    expect(stop?.aborted).toBe(true);
  });

  it('aborts what does not finish in time, closes, and says so with 75', async () => {
    let stop: AbortSignal | undefined;
    const rig = run({
      start: async (signal) => {
        stop = signal;
      },
      drain: untilAborted,
    });
    await rig.send('SIGTERM');
    await rig.clock.advance(30_000);
    expect(await rig.exit).toBe(75);
    expect(stop?.aborted).toBe(true);
    expect(rig.events.at(-1)).toBe('close');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves at once on a second signal: %s', async (signal, code) => {
    const rig = run({ drain: untilAborted });
    await rig.send('SIGTERM');
    await rig.send(signal);
    expect(await rig.exit).toBe(code);
    expect(rig.events).not.toContain('close');
  });

  it('does not wait forever for what cannot be closed', async () => {
    const rig = run({ close: () => new Promise(() => undefined) });
    await rig.send('SIGTERM');
    await rig.clock.advance(10_000);
    expect(await rig.exit).toBe(0);
    expect(rig.logged.join()).toContain('closing failed');
  });

  it('aborts the start when it is stopped meanwhile', async () => {
    const rig = run({ start: untilAborted });
    await rig.send('SIGTERM');
    expect(await rig.exit).toBe(0);
    expect(rig.events).toEqual(['STOPPING', 'close']);
  });

  it('never says READY when the start ends after a stop was asked for', async () => {
    let started = (): void => undefined;
    const rig = run({
      start: () =>
        new Promise((resolve) => {
          started = resolve;
        }),
    });
    await rig.send('SIGTERM');
    started();
    expect(await rig.exit).toBe(0);
    expect(rig.events).toEqual(['STOPPING', 'drain', 'close']);
  });

  it('closes and throws what made the start fail', async () => {
    const failure = new Error('port in use');
    const rig = run({ start: () => Promise.reject(failure) });
    await expect(rig.exit).rejects.toBe(failure);
    expect([rig.events, rig.lifecycle.state(), rig.listeners()]).toEqual([['close'], 'stopped', 0]);
  });

  it.each(['unhandledRejection', 'uncaughtException'])(
    'takes %s for a bug: logs it, drains, leaves with 70',
    async (event) => {
      const rig = run();
      await rig.send(event, new TypeError('x is undefined'));
      expect(await rig.exit).toBe(70);
      expect(rig.events).toEqual(['start', 'READY running', 'STOPPING', 'drain', 'close']);
      expect(JSON.parse(rig.logged[0] ?? '')).toMatchObject({
        level: 'error',
        err: { code: 'BUG', message: 'x is undefined' },
      });
    },
  );

  it('leaves with 70 also when the bug shows during the drain', async () => {
    const rig = run({ drain: untilAborted });
    await rig.send('SIGTERM');
    await rig.send('unhandledRejection', new Error('late'));
    await rig.clock.advance(30_000);
    expect(await rig.exit).toBe(70);
  });

  it('reloads on SIGHUP, one after the other', async () => {
    const done: (() => void)[] = [];
    const rig = run({ reload: () => new Promise((resolve) => done.push(() => resolve('2 offerings'))) });
    await rig.send('SIGHUP');
    await rig.send('SIGHUP');
    expect(done).toHaveLength(1);
    done[0]?.();
    await rig.clock.advance(0);
    expect(rig.events).toEqual(['start', 'READY running', 'RELOADING', 'READY 2 offerings', 'RELOADING']);
    done[1]?.();
    await rig.send('SIGTERM');
    expect(await rig.exit).toBe(0);
  });

  it('is ready again after a rejected reload, with the reason', async () => {
    const rig = run({ reload: () => Promise.reject(new Error('line 3: unknown key')) });
    await rig.send('SIGHUP');
    expect(rig.events.slice(-2)).toEqual(['RELOADING', 'READY reload rejected: line 3: unknown key']);
    expect(rig.lifecycle.state()).toBe('running');
    await rig.send('SIGTERM');
    await rig.exit;
  });

  it('does not claim to be ready when a reload ends during the drain', async () => {
    let reloaded = (): void => undefined;
    const rig = run({
      reload: () =>
        new Promise((resolve) => {
          reloaded = () => resolve('reloaded');
        }),
      drain: untilAborted,
    });
    await rig.send('SIGHUP');
    await rig.send('SIGTERM');
    reloaded();
    await rig.clock.advance(30_000);
    await rig.exit;
    expect(rig.events).toEqual(['start', 'READY running', 'RELOADING', 'STOPPING', 'close']);
  });

  it('reports on SIGUSR2, but not while it drains', async () => {
    const rig = run({ drain: untilAborted });
    await rig.send('SIGUSR2');
    await rig.send('SIGTERM');
    await rig.send('SIGUSR2');
    await rig.send('SIGHUP');
    expect(rig.events).toEqual(['start', 'READY running', 'report', 'STOPPING']);
    await rig.send('SIGTERM');
    await rig.exit;
  });
});
