import { isAgentError } from '../lib/errors.ts';
import type { HttpAnswer } from '../lib/http.ts';
import { toUuid } from '../lib/ids.ts';
import { isJsonObject } from '../lib/json.ts';
import { unusable } from './explain.ts';

export const PAGE_SIZE = 100;

/** The list is read again when rows left it in between, which moves later ones to pages already read. */
const PASSES = 3;

/**
 * The rows of a paged list, one array per page, each row once. A row that cannot be decoded does not hide the others:
 * its error is thrown after the last page. Rows that stay in the list while it is read are not missed when others leave
 * it, unless as many come in the same moment: the totals are all there is to notice it by.
 *
 * @param fetch reads one page, counted from 1
 * @param decode undefined for rows that were not asked for
 */
export async function* readPages<T>(
  what: string,
  fetch: (page: number) => Promise<HttpAnswer>,
  decode: (row: unknown) => T | undefined,
): AsyncGenerator<readonly T[]> {
  const failures: unknown[] = [];
  const seen = new Map<string, number>();
  for (let pass = 1; pass <= PASSES; pass++) {
    const witness = createWitness();
    for (let page: number | undefined = 1; page !== undefined; ) {
      const answer: HttpAnswer | undefined = await unlessPastTheEnd(page, fetch);
      if (answer === undefined) {
        witness.sawEnd();
        break;
      }
      const { fresh, counted } = sift(rows(what, answer.body), seen, pass);
      const decoded = fresh.map((row) => attempt(() => decode(row), failures)).filter((row) => row !== undefined);
      if (decoded.length > 0) yield decoded;
      page = nextPage(what, answer.headers['link'], page);
      witness.sawPage(Number(answer.headers['x-result-count'] ?? Number.NaN), counted, page === undefined);
    }
    if (!witness.sawShift()) break;
  }
  if (failures.length > 0) throw failures[0];
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

async function unlessPastTheEnd(
  page: number,
  fetch: (page: number) => Promise<HttpAnswer>,
): Promise<HttpAnswer | undefined> {
  try {
    return await fetch(page);
  } catch (error) {
    if (page > 1 && isAgentError(error) && error.status === 404) return undefined;
    throw error;
  }
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
  sawPage(total: number, counted: number, last: boolean): void;
  /** A page that the one before it had promised is not there. */
  sawEnd(): void;
  sawShift(): boolean;
}

/** Tells from the totals Waldur sends (NaN without) whether rows moved to pages that had been read. */
function createWitness(): Witness {
  let pages = 0;
  let rowsRead = 0;
  let before = 0;
  let shift = false;
  return {
    sawPage: (total, counted, last) => {
      pages++;
      rowsRead += counted;
      // A single page cannot shift, whatever the total says.
      shift ||= pages > 1 && (total < before || (last && rowsRead < total));
      before = total;
    },
    sawEnd: () => {
      shift = true;
    },
    sawShift: () => shift,
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
