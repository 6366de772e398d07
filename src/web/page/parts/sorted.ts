/** A column, with `-` before it for the other direction. */
export type Sort = string;

/** Rows in the order of a column; `by` gives what is compared. */
export function sorted<T>(rows: readonly T[], sort: Sort, by: (row: T, key: string) => string | number): readonly T[] {
  const isDown = sort.startsWith('-');
  const key = isDown ? sort.slice(1) : sort;
  const keyed = rows.map((row) => [by(row, key), row] as const);
  const ordered = keyed.sort(([a], [b]) => compare(a, b)).map(([, row]) => row);
  return isDown ? ordered.reverse() : ordered;
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
