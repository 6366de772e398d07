import { unparseable } from '../errors.ts';
import type { Parsed } from '../tools/parsed.ts';
import type { QuotaRow, Rows } from './types.ts';

/**
 * What was read, where each line that could not be is known by its id.
 *
 * @throws AgentError bug `HOST_QUOTA_UNPARSEABLE` when one is not.
 */
export function rowsOf(what: string, text: string, { rows, problems }: Parsed<QuotaRow>): Rows {
  const unreadable: number[] = [];
  for (const problem of problems) {
    if (problem.id === undefined) throw unparseable(what, text, problem);
    unreadable.push(problem.id);
  }
  return { rows, unreadable };
}
