import type { Diagnostic } from './diagnostic.ts';

/** Columns of a source line shown around the caret. */
const WIDTH = 120;

/** For people: `file:line:col: message`, the line with a caret, and the hint. Ends in a newline unless it is empty. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(render).join('');
}

function render(diagnostic: Diagnostic): string {
  const { file, line, col, severity, message, hint, excerpt } = diagnostic;
  const kind = severity === 'warning' ? 'warning: ' : '';
  const from = Math.max(0, excerpt.caret - WIDTH + 20);
  const source = clean(excerpt.text.slice(from, from + WIDTH));
  const margin = String(line).padStart(5);
  const out = [`${file}:${line}:${col}: ${kind}${clean(message)}`];
  if (source.trim() !== '') out.push(`${margin} | ${source}`, `      | ${' '.repeat(excerpt.caret - from)}^`);
  if (hint !== undefined) out.push(`      = ${clean(hint)}`);
  return `${out.join('\n')}\n`;
}

/** A terminal must not be told what to do by a file. */
function clean(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u00B7');
}
