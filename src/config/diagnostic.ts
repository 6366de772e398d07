export type Severity = 'error' | 'warning';

/** One finding about the configuration file, ready to be shown: nothing in it is secret. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly col: number;
  /** JSON pointer; empty for the whole document. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The line, with everything masked that is not known to be harmless, and the index of the caret in it. */
  readonly excerpt: { readonly text: string; readonly caret: number };
}

/** A finding before its position is known. */
export interface Problem {
  readonly severity: Severity;
  /** JSON pointer. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Points at the key instead of its value. */
  readonly atKey?: boolean;
  /** For findings in text that has no nodes: an offset into it. */
  readonly offset?: number;
}

/** Appends `segment` to a JSON pointer. */
export function pointer(parent: string, segment: string | number): string {
  return `${parent}/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The last key of a JSON pointer as people write it: `waldur_api_url`, `offerings[1]`. */
export function keyOf(path: string): string {
  const [last = '', parent] = path.split('/').slice(1).reverse().map(unescapeSegment);
  if (last === '') return 'the file';
  return parent !== undefined && /^\d+$/.test(last) ? `${parent}[${last}]` : last;
}

/** Text of the file, made fit for a message: bounded, in quotes, without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function unescapeSegment(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}
