import { noIdLeft } from '../errors.ts';

export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The id after the highest that is taken, or the first free one when that is beyond the range. An id is taken as long as
 * a name, a limit or a file has it.
 *
 * @throws AgentError operator `HOST_QUOTA_NO_ID`.
 */
export function allocateId({ from, to }: IdRange, taken: Iterable<number>): number {
  const all = new Set<number>();
  let highest = from - 1;
  for (const id of taken) {
    if (id < from || id > to) continue;
    all.add(id);
    if (id > highest) highest = id;
  }
  if (highest < to) return highest + 1;
  for (let id = from; id <= to; id++) if (!all.has(id)) return id;
  throw noIdLeft(from, to);
}

/** `100000-199999`; undefined for anything else. */
export function parseRange(text: string): IdRange | undefined {
  const [, from, to] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? [];
  return from === undefined || Number(from) > Number(to) ? undefined : { from: Number(from), to: Number(to) };
}
