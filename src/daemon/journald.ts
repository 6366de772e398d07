import type { LogLevel } from '../lib/log.ts';

const PRIORITY: Readonly<Record<LogLevel, number>> = { fatal: 2, error: 3, warn: 4, info: 6, debug: 7, trace: 7 };

/**
 * What to put before a log line so that journald files it under the right priority: `<3>` for an error. Empty when
 * stdout does not go to the journal.
 *
 * @param journalStream value of `JOURNAL_STREAM`, `device:inode` of the stream systemd connected
 * @param stdout `fstat` of file descriptor 1
 */
export function journalPrefix(
  journalStream: string | undefined,
  stdout: { readonly dev: number; readonly ino: number },
): (level: LogLevel) => string {
  if (journalStream !== `${stdout.dev}:${stdout.ino}`) return () => '';
  return (level) => `<${PRIORITY[level]}>`;
}
