import type { Call } from './call.ts';
import type { Row } from './model.ts';
import { invalid, Refusal, type Reply } from './reply.ts';
import type { Renderer } from './serialize/fields.ts';

export interface Listing<R extends Row> {
  /** Rows of one or several indexes, each oldest first. */
  readonly pools: readonly (readonly R[])[];
  /** Left out when the pools hold exactly the rows wanted: then nothing is scanned. */
  readonly where?: ((row: R) => boolean) | undefined;
  readonly render: Renderer<R>;
  /** Sort keys `o` knows beside `created`, which is the natural order; without them `o` is ignored. */
  readonly sort?: Readonly<Record<string, (row: R) => string>>;
}

/** One page of a list, with the count and the links to the other pages. */
export function list<R extends Row>(call: Call, listing: Listing<R>): Reply {
  const { query, world } = call;
  const largest = world.settings.profile === '2024' ? 300 : 100;
  const size = Math.min(positive(query.get('page_size')) ?? 10, largest);
  const page = query.get('page') === undefined ? 1 : positive(query.get('page'));
  const rows = arranged(call, listing);
  const pages = Math.max(1, Math.ceil(rows.count / size));
  if (page === undefined || page > pages) throw new Refusal(404, { detail: 'Invalid page.' });
  const from = (page - 1) * size + (page > 1 ? call.shift : 0);
  return {
    status: 200,
    body: rows.slice(from, from + size).map((row) => listing.render(row, call, query.fields)),
    headers: { 'X-Result-Count': String(rows.count), Link: links(call, page, pages) },
  };
}

/** Whether rows pass the filters every dated list has; undefined when the query names none. */
export function datedFilter(
  call: Call,
  ignored: readonly string[] = [],
): ((row: { readonly created: string; readonly modified: string }) => boolean) | undefined {
  const bound = (name: string): string | undefined => {
    const text = ignored.includes(name) ? undefined : call.query.get(name);
    if (text === undefined) return undefined;
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) throw invalid({ [name]: ['Enter a valid date/time.'] });
    return `${time.toISOString().slice(0, -1)}000Z`;
  };
  const modified = bound('modified');
  const modifiedBefore = bound('modified_before');
  const created = bound('created');
  const createdBefore = bound('created_before');
  if ([modified, modifiedBefore, created, createdBefore].every((value) => value === undefined)) return undefined;
  return (row) =>
    !(modified !== undefined && row.modified < modified) &&
    !(modifiedBefore !== undefined && row.modified >= modifiedBefore) &&
    !(created !== undefined && row.created < created) &&
    !(createdBefore !== undefined && row.created >= createdBefore);
}

/** Both filters, where either may be absent. */
export function both<R>(
  a: ((row: R) => boolean) | undefined,
  b: ((row: R) => boolean) | undefined,
): ((row: R) => boolean) | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (row) => a(row) && b(row);
}

interface Arranged<R> {
  readonly count: number;
  slice(from: number, to: number): readonly R[];
}

function arranged<R extends Row>(call: Call, listing: Listing<R>): Arranged<R> {
  const { pools, where } = listing;
  const wanted = call.query.get('o');
  const descending = wanted?.startsWith('-') === true;
  const name = wanted?.replace(/^-/, '') ?? 'created';
  const sortKey = listing.sort?.[name];
  if (listing.sort !== undefined && sortKey === undefined && name !== 'created')
    throw invalid({ o: [`Select a valid choice. ${wanted ?? ''} is not one of the available choices.`] });
  if (where === undefined && sortKey === undefined && !descending) {
    const count = pools.reduce((sum, pool) => sum + pool.length, 0);
    return { count, slice: (from, to) => [...merged(pools, from, to)] };
  }
  const rows = [...merged(pools, 0, Number.POSITIVE_INFINITY)].filter((row) => where === undefined || where(row));
  if (sortKey !== undefined) rows.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  if (descending) rows.reverse();
  return { count: rows.length, slice: (from, to) => rows.slice(from, to) };
}

/** The rows `from` to `to` of sorted pools put together, without building the whole. */
function* merged<R extends Row>(pools: readonly (readonly R[])[], from: number, to: number): Generator<R> {
  const [only] = pools;
  if (pools.length === 1 && only !== undefined) {
    yield* only.slice(from, to);
    return;
  }
  const positions = pools.map(() => 0);
  for (let index = 0; index < to; index++) {
    let best: { readonly row: R; readonly pool: number } | undefined;
    for (const [pool, rows] of pools.entries()) {
      const row = rows[positions[pool] ?? 0];
      if (row !== undefined && (best === undefined || age(row) < age(best.row))) best = { row, pool };
    }
    if (best === undefined) return;
    positions[best.pool] = (positions[best.pool] ?? 0) + 1;
    if (index >= from) yield best.row;
  }
}

function age(row: Row): string {
  return 'created' in row && typeof row.created === 'string' ? row.created : '';
}

function links(call: Call, page: number, pages: number): string {
  const { base } = call.query;
  const at = (number: number): string => {
    const query = new URLSearchParams(base);
    if (number > 1) query.append('page', String(number));
    query.sort();
    return `${call.base.replace(/\/api\/$/, '')}${call.path}${query.size === 0 ? '' : `?${query.toString()}`}`;
  };
  const relations = [`<${at(1)}>; rel="first"`];
  if (page > 1) relations.push(`<${at(page - 1)}>; rel="prev"`);
  if (page < pages) relations.push(`<${at(page + 1)}>; rel="next"`);
  relations.push(`<${at(pages)}>; rel="last"`);
  return relations.join(', ');
}

function positive(text: string | undefined): number | undefined {
  const number = text === undefined ? Number.NaN : Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
