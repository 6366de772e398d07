import { isScalar, type Scalar } from 'yaml';
import type { JsonSchema } from '../plugin/contract.ts';
import type { Place } from './list-places.ts';

/** A part of the file, from one offset to another of the same line, with all that may be secret replaced. */
export type Mask = (start: number, end: number) => string;

/**
 * For a document whose values are known: keys and values in `shown` stay. Every other value is replaced, also one under
 * a misspelt key, and comments are left out: people park old tokens there.
 */
export function maskValues(text: string, places: readonly Place[], shown: ReadonlySet<Scalar>): Mask {
  const ranges = listRanges(places, shown);
  return (start, end) => {
    let out = '';
    let at = start;
    for (const range of ranges) {
      if (range.end <= at) continue;
      if (range.start >= end) break;
      out += structure(text.slice(at, Math.max(at, range.start)));
      const [from, to] = [Math.max(at, range.start), Math.min(end, range.end)];
      out += range.shown ? text.slice(from, to) : conceal(text.slice(from, to));
      at = to;
    }
    return out + structure(text.slice(at, end));
  };
}

/** For text that is not valid YAML: only words that the schema itself uses stay. */
export function maskWords(text: string, schema: JsonSchema): Mask {
  const words = vocabulary(schema);
  return (start, end) =>
    text.slice(start, end).replace(/[^\s:{}[\],"'#&*!|>%@`?-]+/g, (word) => (words.has(word) ? word : '***'));
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly shown: boolean;
}

function listRanges(places: readonly Place[], shown: ReadonlySet<Scalar>): readonly Range[] {
  const ranges: Range[] = [];
  for (const { key, node } of places) {
    if (key !== undefined) ranges.push({ start: key[0], end: key[1], shown: true });
    if (isScalar(node) && node.range) {
      ranges.push({ start: node.range[0], end: node.range[1], shown: shown.has(node) });
    }
  }
  return ranges.sort((a, b) => a.start - b.start);
}

function conceal(text: string): string {
  return text.trim() === '' ? text : '***';
}

/** What stands between keys and values: indentation, dashes, brackets, anchors, and comments. */
function structure(text: string): string {
  return text.replace(/(^|\s)#.*$/s, '$1');
}

function vocabulary(schema: unknown, words: Set<string> = new Set(['true', 'false', 'null'])): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return words;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(value as object)) words.add(name);
    vocabulary(value, words);
  }
  return words;
}
