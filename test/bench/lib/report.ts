/** One number of a benchmark. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Not more than this, not less, or exactly so; without one the figure only informs. */
  readonly target?: Target;
}

export type Target = { readonly atMost: number } | { readonly atLeast: number } | { readonly exactly: number };

export interface Result {
  readonly bench: string;
  readonly figures: readonly Figure[];
}

/** A table for people, and the same as one line of JSON for programs. */
export function printResult(bench: string, figures: readonly Figure[]): void {
  const rows = figures.map(({ name, value, unit, target }) => [
    name,
    `${shorten(value)} ${unit}`,
    describe(target),
    verdict(value, target),
  ]);
  console.log(`\n${bench}\n${formatTable(rows)}`);
  console.log(JSON.stringify({ bench, figures } satisfies Result));
}

export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

export function describe(target: Target | undefined): string {
  if (target === undefined) return '';
  if ('atMost' in target) return `<= ${target.atMost}`;
  return 'atLeast' in target ? `>= ${target.atLeast}` : `= ${target.exactly}`;
}

export function verdict(value: number, target: Target | undefined): string {
  if (target === undefined) return '';
  if ('atMost' in target) return value <= target.atMost ? 'met' : 'MISSED';
  if ('atLeast' in target) return value >= target.atLeast ? 'met' : 'MISSED';
  return value === target.exactly ? 'met' : 'MISSED';
}

/** Three digits are more than these measurements have. */
export function shorten(value: number): string {
  return Number.isInteger(value) || value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** Standard error of the median of many values that scatter about it like measurements do; says what a busy machine is worth. */
export function errorOfMedian(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return 1.2533 * Math.sqrt(variance / values.length);
}
