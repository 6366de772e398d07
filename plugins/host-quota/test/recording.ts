import { readFileSync } from 'node:fs';

/** One command of a recording: what was typed, what it printed (both streams, as on a console) and its exit code. */
export interface Recorded {
  readonly command: string;
  readonly output: string;
  readonly code: number;
}

/** The commands of `fixtures/NAME`, which real tools answered; see its first lines for where. */
export function recorded(name: string): readonly Recorded[] {
  const all: Recorded[] = [];
  let open: { command: string; lines: string[] } | undefined;
  for (const line of textOf(name).split('\n')) {
    if (line.startsWith('+ ')) open = { command: line.slice(2), lines: [] };
    else if (open !== undefined && /^ {2}rc=\d+$/.test(line)) {
      const output = open.lines.map((text) => `${text}\n`).join('');
      all.push({ command: open.command, output, code: Number(line.slice(5)) });
      open = undefined;
    } else open?.lines.push(line);
  }
  return all;
}

/** Those whose command matches; fails when there is none, so that no test passes over nothing. */
export function matching(name: string, pattern: RegExp): readonly Recorded[] {
  const found = recorded(name).filter(({ command }) => pattern.test(command));
  if (found.length === 0) throw new Error(`${name} has no command like ${pattern}`);
  return found;
}

export function textOf(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}
