import type { Io, Output } from '../../src/cli/io.ts';
import { createStyle } from '../../src/cli/style.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { manualClock } from '../fakes/clock.ts';

export interface FakeIo extends Io {
  out(): string;
  err(): string;
  /** Calls back at the next output. */
  onWrite(done: () => void): void;
  readonly abort: AbortController;
  /** Files that were written. */
  readonly created: ReadonlyMap<string, string>;
}

/** A command's surroundings without a process; `files` is all it can read. */
export function fakeIo(
  options: {
    readonly env?: Record<string, string>;
    readonly files?: Record<string, string>;
    readonly color?: boolean;
    /** What the person at the terminal says; there is no one without it. */
    readonly answer?: boolean;
    /** What the person types, question by question. */
    readonly answers?: string[];
  } = {},
): FakeIo {
  const secrets = createSecrets();
  const abort = new AbortController();
  const created = new Map<string, string>();
  const written = { out: '', err: '' };
  let wake = (): void => undefined;
  const output = (stream: 'out' | 'err'): Output => ({
    write: (text) => {
      written[stream] += secrets.scrub(text);
      wake();
    },
    isTTY: false,
    columns: 80,
    style: createStyle({ color: options.color ?? false, unicode: true }),
  });
  return {
    stdout: output('out'),
    stderr: output('err'),
    env: options.env ?? {},
    cwd: '/work',
    signal: abort.signal,
    clock: manualClock(),
    random: () => 0.5,
    user: () => 'alice',
    secrets,
    confirm: async (question) => {
      written.err += `${question}\n`;
      return options.answer;
    },
    ask: async (question) => {
      written.err += `${question}\n`;
      return options.answers?.shift();
    },
    writeFile: (path, text) => {
      if (created.has(path)) throw Object.assign(new Error(`exists: ${path}`), { code: 'EEXIST' });
      created.set(path, text);
    },
    created,
    readFile: (path) => {
      const text = options.files?.[path];
      if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
      return { text, mode: 0o600 };
    },
    out: () => written.out,
    err: () => written.err,
    onWrite: (done) => {
      wake = done;
    },
    abort,
  };
}
