import type { Failure } from '../admin/failure.ts';
import { printable, type Style } from './style.ts';

/** Why an offering could not be looked at, under its name. */
export function renderFailure({ code, message, hint }: Failure, style: Style): string {
  const line = `  ${style.red(style.glyphs.failed)} ${printable(message)} ${style.dim(`(${code})`)}\n`;
  return hint === undefined ? line : `${line}      ${style.dim(printable(hint))}\n`;
}
