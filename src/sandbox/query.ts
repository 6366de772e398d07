import { invalid } from './reply.ts';

/** A parsed query string: every key may repeat. */
export interface Query {
  all(name: string): readonly string[];
  /** The last value wins, as in Django. */
  get(name: string): string | undefined;
  /** Without `page`, sorted by name: Waldur builds its links to other pages from it. */
  readonly base: URLSearchParams;
  readonly fields: readonly string[];
}

const NONE: readonly string[] = [];
const cache = new Map<string, Query>();
const CACHED = 500;

/** Agents repeat few query strings: parsing is remembered. */
export function parseQuery(text: string): Query {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const query = parse(text);
  if (cache.size >= CACHED) cache.clear();
  cache.set(text, query);
  return query;
}

/** Values of a multiple-choice filter. @throws Refusal 400 for a value that is no choice. */
export function choices<T extends string>(query: Query, name: string, allowed: readonly T[]): readonly T[] {
  return query.all(name).map((value) => {
    const match = allowed.find((candidate) => candidate === value);
    if (match !== undefined) return match;
    throw invalid({ [name]: [`Select a valid choice. ${value} is not one of the available choices.`] });
  });
}

/** A UUID filter in the form the store uses; undefined when absent. */
export function uuidFilter(query: Query, name: string): string | undefined {
  const value = query.get(name);
  if (value === undefined || value === '') return undefined;
  const hex = value.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(hex)) throw invalid({ [name]: ['Enter a valid UUID.'] });
  return hex;
}

/** A filter by day, `YYYY-MM-DD`; undefined when absent. @throws Refusal 400 */
export function dayFilter(query: Query, name: string): string | undefined {
  const value = query.get(name) || undefined;
  if (value === undefined || (/^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)))) return value;
  throw invalid({ [name]: ['Enter a valid date.'] });
}

function parse(text: string): Query {
  const values = new Map<string, string[]>();
  const base = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(text)) {
    values.set(name, [...(values.get(name) ?? []), value]);
    if (name !== 'page') base.append(name, value);
  }
  base.sort();
  return {
    all: (name) => values.get(name) ?? NONE,
    get: (name) => values.get(name)?.at(-1),
    base,
    fields: values.get('field') ?? NONE,
  };
}
