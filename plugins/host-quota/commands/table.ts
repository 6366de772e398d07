import type { Json } from '../../../src/lib/json.ts';
import type { CommandOutput } from '../../../src/plugin/contract.ts';

/** Columns two spaces apart, the first row in capitals. */
export function writeTable(output: CommandOutput, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    output.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

export function writeJson(output: CommandOutput, value: Json): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`);
}
