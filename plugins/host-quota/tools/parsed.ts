/** What a parser made of a tool's output. Parsers never throw: a line they cannot read is a problem, the others are rows. */
export interface Parsed<T> {
  readonly rows: readonly T[];
  readonly problems: readonly Problem[];
}

export interface Problem {
  /** Counted from 1. */
  readonly line: number;
  readonly why: string;
  /** Whose line it is, where that much can be read. */
  readonly id?: number;
}

/** A line about `id` whose rest cannot be read. */
export class Unread {
  readonly id: number;
  readonly why: string;

  constructor(id: number, why: string) {
    this.id = id;
    this.why = why;
  }
}

/** Reads line by line; `read` returns a row, a problem as text or with an id, or undefined for a line that says nothing. */
export function parseLines<T extends object>(
  text: string,
  read: (line: string) => T | Unread | string | undefined,
): Parsed<T> {
  const rows: T[] = [];
  const problems: Problem[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const row = read(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (typeof row === 'string') problems.push({ line: number, why: row });
    else if (row instanceof Unread) problems.push({ line: number, why: row.why, id: row.id });
    else if (row !== undefined) rows.push(row);
  }
  return { rows, problems };
}

/** A count of at most 19 digits, which every tool here stays below. Undefined for anything else. */
export function readCount(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}

/** An id of the kernel: below 2^32-1, which means "no id". Undefined for anything else. */
export function readId(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id < NO_ID ? id : undefined;
}

/** (uid_t)-1: "unset" for the kernel, never the id of a user. */
export const NO_ID = 4_294_967_295;
