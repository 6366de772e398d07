import type { AgentError } from '../lib/errors.ts';

/** Resources by what became of them. */
export interface ReportSummary {
  readonly submitted: number;
  readonly unchanged: number;
  /** The backend did not say, or the resource has no account or plan. */
  readonly missing: number;
  readonly failed: number;
  /** Components held back because they would decrease. */
  readonly guarded: number;
  /** Components with usage of a past month that Waldur takes no more: it is not billed. */
  readonly lost: number;
  /** What cut the backend short, if something did: the accounts it had not told yet are among the missing. */
  readonly failure: AgentError | undefined;
}

/** A summary that is being counted. */
export type Tally = { -readonly [key in keyof ReportSummary]: ReportSummary[key] };

export function startTally(): Tally {
  return { submitted: 0, unchanged: 0, missing: 0, failed: 0, guarded: 0, lost: 0, failure: undefined };
}
