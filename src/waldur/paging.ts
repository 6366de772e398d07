import { type AgentError, isAgentError } from '../lib/errors.ts';
import type { HttpAnswer } from '../lib/http.ts';
import { toUuid } from '../lib/ids.ts';
import { isJsonObject } from '../lib/json.ts';
import { unusable } from './explain.ts';

/** Rows per page; the next smaller one when a page is too large to send or to read. Each divides the one before. */
const PAGE_SIZES = [100, 25, 5, 1] as const;

/** The list is read again when rows left it in between, which moves later ones to pages already read. */
const PASSES = 3;

/** Reads one page, counted from 1, of at most `size` rows. */
export type FetchPage = (page: number, size: number) => Promise<HttpAnswer>;

/**
 * The rows of a paged list, one array per page, each row once. A row that cannot be decoded does not hide the others:
 * its error is thrown after the last page. Rows that stay in the list while it is read are not missed when others leave
 * it, unless as many come in the same moment: the totals are all there is to notice it by. A list of which Waldur has
 * more rows than it hands out ends with an error, never as if it were whole.
 *
 * @param decode undefined for rows that were not asked for
 */
export async function* readPages<T>(
  what: string,
  fetch: FetchPage,
  decode: (row: unknown) => T | undefined,
): AsyncGenerator<readonly T[]> {
  const failures: unknown[] = [];
  const seen = new Map<string, number>();
  let at: Position | undefined = { page: 1, size: PAGE_SIZES[0] };
  for (let pass = 1; ; pass++) {
    const witness = createWitness();
    let promised = false;
    while (at !== undefined) {
      const read = await fetchFitting(fetch, at);
      at = read.at;
      if (read.answer === undefined) {
        witness.sawEnd(promised);
        break;
      }
      const page = rows(what, read.answer.body);
      const { fresh, counted } = sift(page, seen, pass);
      const decoded = fresh.map((row) => attempt(() => decode(row), failures)).filter((row) => row !== undefined);
      if (decoded.length > 0) yield decoded;
      const { link, 'x-result-count': total } = read.answer.headers;
      witness.sawPage({ total: Number(total ?? Number.NaN), handed: page.length, counted });
      const next = link === undefined ? guessNext(page.length, at, witness) : nextPage(what, link, at.page);
      if (next === undefined) {
        witness.sawLast();
        break;
      }
      promised = link !== undefined;
      at = { page: next, size: at.size };
    }
    if (witness.lacks(seen.size) && pass === PASSES) throw unusable(what, 'whole list');
    if (!witness.sawShift() || pass === PASSES) break;
    at = { page: 1, size: at?.size ?? PAGE_SIZES[0] };
  }
  if (failures.length > 0) throw failures[0];
}

interface Position {
  readonly page: number;
  readonly size: number;
}

/** The page at `at`, or the beginning of it when the whole page is too large. No answer past the end. */
async function fetchFitting(
  fetch: FetchPage,
  at: Position,
): Promise<{ readonly at: Position; readonly answer: HttpAnswer | undefined }> {
  try {
    return { at, answer: await fetch(at.page, at.size) };
  } catch (error) {
    if (!isAgentError(error)) throw error;
    if (at.page > 1 && error.status === 404) return { at, answer: undefined };
    const size = PAGE_SIZES.find((candidate) => candidate < at.size);
    if (size === undefined || !isTooLarge(error)) throw error;
    return fetchFitting(fetch, { page: (at.page - 1) * (at.size / size) + 1, size });
  }
}

function isTooLarge(error: AgentError): boolean {
  return error.status === 413 || error.code === 'WALDUR_TOO_LARGE';
}

/** Where a proxy takes the `Link` header away: the total says whether there is more, or else a full page does. */
function guessNext(length: number, { page, size }: Position, witness: Witness): number | undefined {
  if (length === 0) return undefined;
  return (witness.expectsMore() ?? length >= size) ? page + 1 : undefined;
}

/**
 * The page number of `rel="next"`, and only that: behind a proxy the link carries an internal host, and our credentials
 * must not follow it anywhere.
 */
export function nextPage(what: string, link: string | undefined, page: number): number | undefined {
  const href = /<([^>]*)>\s*;\s*rel="?next\b/.exec(link ?? '')?.[1];
  if (href === undefined) return undefined;
  const next = URL.canParse(href, 'http://ignored')
    ? Number(new URL(href, 'http://ignored').searchParams.get('page'))
    : Number.NaN;
  if (!Number.isSafeInteger(next) || next <= page) throw unusable(what, 'link to the next page');
  return next;
}

function rows(what: string, body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw unusable(what, 'list');
  return body;
}

/** Rows not seen before, and how many of `page` this pass had not seen. Rows without a UUID cannot be told apart. */
function sift(
  page: readonly unknown[],
  seen: Map<string, number>,
  pass: number,
): { readonly fresh: readonly unknown[]; readonly counted: number } {
  let counted = 0;
  const fresh = page.filter((row) => {
    const uuid = isJsonObject(row) ? toUuid(row['uuid']) : undefined;
    const before = uuid === undefined ? undefined : seen.get(uuid);
    if (before !== pass) counted++;
    if (uuid !== undefined) seen.set(uuid, pass);
    return before === undefined;
  });
  return { fresh, counted };
}

interface Witness {
  /** `handed` are its rows, `counted` those of them that were not on an earlier page. */
  sawPage(page: { readonly total: number; readonly handed: number; readonly counted: number }): void;
  /** The page before was the last. */
  sawLast(): void;
  /** There is no further page, though a link or the total promised one. */
  sawEnd(promised: boolean): void;
  sawShift(): boolean;
  /** Whether the total is beyond what was handed out; undefined without a total. */
  expectsMore(): boolean | undefined;
  /** Whether the total is beyond what was handed out in this pass, and beyond the rows `known` from all passes. */
  lacks(known: number): boolean;
}

/** Tells from the totals Waldur sends (NaN without) whether rows moved to pages that had been read. */
function createWitness(): Witness {
  let pages = 0;
  let handed = 0;
  let counted = 0;
  let total = 0;
  let shift = false;
  return {
    sawPage: (page) => {
      pages++;
      handed += page.handed;
      counted += page.counted;
      // A single page cannot shift, whatever the total says.
      shift ||= pages > 1 && page.total < total;
      total = page.total;
    },
    sawLast: () => {
      shift ||= (pages > 1 && counted < total) || handed < total;
    },
    sawEnd: (promised) => {
      shift ||= promised || !Number.isNaN(total);
    },
    sawShift: () => shift,
    expectsMore: () => (Number.isNaN(total) ? undefined : handed < total),
    lacks: (known) => Math.max(known, handed) < total,
  };
}

function attempt<T>(work: () => T, failures: unknown[]): T | undefined {
  try {
    return work();
  } catch (error) {
    failures.push(error);
    return undefined;
  }
}
