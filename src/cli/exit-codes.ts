import { failureKind } from '../admin/failure-kind.ts';

/** What the process tells its parent. The table renders into help and the manual page. */
export const EXIT = {
  ok: 0,
  failed: 1,
  differences: 2,
  usage: 64,
  unavailable: 69,
  bug: 70,
  interrupted: 75,
  refused: 77,
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES: readonly { readonly code: string; readonly meaning: string }[] = [
  { code: '0', meaning: 'done; with --exit-code: no difference' },
  { code: '1', meaning: 'failed for at least one offering or resource' },
  { code: '2', meaning: 'differences exist (only with --exit-code)' },
  { code: '64', meaning: 'the command line is wrong' },
  { code: '69', meaning: 'Waldur, the broker or a backend is unavailable' },
  { code: '70', meaning: 'a bug in the agent' },
  { code: '75', meaning: 'stopped before finishing, try again' },
  { code: '77', meaning: 'credentials or permissions refused' },
  { code: '78', meaning: 'the configuration is wrong' },
  { code: '130, 143', meaning: 'a second SIGINT or SIGTERM' },
];

/** The exit code of a failure that ends a command. */
export function exitCodeOf(error: unknown): ExitCode {
  return EXIT[failureKind(error)];
}
