import { styleText } from 'node:util';

export type Paint = (text: string) => string;

/** How text looks on one stream: plain where colour or UTF-8 is not wanted. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  readonly glyphs: Glyphs;
}

export interface Glyphs {
  readonly ok: string;
  readonly failed: string;
  readonly warning: string;
  readonly skipped: string;
  readonly arrow: string;
  readonly ellipsis: string;
}

export interface StyleOptions {
  readonly color: boolean;
  readonly unicode: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;
type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export function createStyle(options: StyleOptions): Style {
  const paint =
    (format: Format): Paint =>
    (text) =>
      options.color ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
    glyphs: options.unicode ? UNICODE : ASCII,
  };
}

/** https://no-color.org, and FORCE_COLOR as Node reads it. */
export function wantsColor(env: Env, isTTY: boolean, flag: boolean): boolean {
  if (!flag || given(env['NO_COLOR'])) return false;
  if (given(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0';
  return isTTY && env['TERM'] !== 'dumb';
}

/** The first of the three that is set decides, as in the C library. */
export function wantsUnicode(env: Env): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(given) ?? '';
  return /utf-?8/i.test(locale);
}

/** Text from outside with what could move the cursor or hide other text made visible. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

const UNICODE: Glyphs = { ok: '✓', failed: '✗', warning: '!', skipped: '–', arrow: '→', ellipsis: '…' };
const ASCII: Glyphs = { ok: 'ok', failed: 'FAIL', warning: '!', skipped: '-', arrow: '->', ellipsis: '...' };

function given(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
