import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/retry.ts';
import type { Secrets } from '../lib/secrets.ts';
import type { CommandTable } from './command-table.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Invocation } from './parse.ts';
import type { Style } from './style.ts';

/** One standard stream. */
export interface Output {
  /** Writes `text` as it is, registered secrets replaced. */
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly style: Style;
}

/** Everything a command may touch of its process, so that tests need none. */
export interface Io {
  /** Results. */
  readonly stdout: Output;
  /** Everything else. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Fires at the first SIGINT or SIGTERM; the second one ends the process. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  /** Who gives the command, for the journal. */
  readonly user: () => string;
  /** What was read from the configuration and must not be shown. */
  readonly secrets: Secrets;
  /** Whether a person at the terminal says yes; undefined without a terminal. */
  readonly confirm: (question: string) => Promise<boolean | undefined>;
  /** What a person at the terminal types; undefined without a terminal. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Creates a file with these permission bits; throws when it exists or cannot be written. */
  readonly writeFile: (path: string, text: string, mode: number) => void;
  /** Throws when the file cannot be read; `mode` are its permission bits. */
  readonly readFile: (path: string) => { readonly text: string; readonly mode: number };
}

/** What `commands/<name>.ts` exports. */
export interface CommandModule {
  run(invocation: Invocation, io: Io, table: CommandTable): Promise<ExitCode>;
}

/** Prints one JSON document. */
export function writeJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
