import type { Json } from '../../../../src/lib/json.ts';
import { textOf } from '../recording.ts';

/** The JSON that follows `## HEADING` in a recording; `undefined` lines are left out. */
export function answered(name: string, heading: string): Json {
  const text = sectionOf(name, heading);
  return JSON.parse(text.trim().split('\n')[0] ?? '') as Json;
}

export function sectionOf(name: string, heading: string): string {
  const start = textOf(name).indexOf(`## ${heading}\n`);
  if (start < 0) throw new Error(`${name} has no ${heading}`);
  const rest = textOf(name).slice(start + heading.length + 4);
  const end = rest.indexOf('\n## ');
  return end < 0 ? rest : rest.slice(0, end);
}
