import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError, isAgentError } from '../../src/lib/errors.ts';
import type { HttpAnswer } from '../../src/lib/http.ts';
import { type FetchPage, nextPage, readPages } from '../../src/waldur/paging.ts';
import { collect, uuid } from './harness.ts';

interface Row {
  readonly uuid: string;
}

/** A list as Waldur pages it, `between` runs before every page but the first. */
function server(rows: Row[], size: number, between: (fetch: number) => void = () => undefined) {
  const fetched: number[] = [];
  return {
    fetched,
    fetch: async (page: number): Promise<HttpAnswer> => {
      if (fetched.length > 0) between(fetched.length);
      fetched.push(page);
      const body = rows.slice((page - 1) * size, page * size);
      if (body.length === 0 && page > 1)
        throw new AgentError('Invalid page.', { code: 'WALDUR_NO_ROUTE', disposition: 'operator', status: 404 });
      const next =
        page * size < rows.length ? `, <http://10.0.0.1/api/x/?page=${page + 1}&page_size=9>; rel="next"` : '';
      const link = `<http://10.0.0.1/api/x/>; rel="first"${next}, <http://10.0.0.1/api/x/?page=9>; rel="last"`;
      return { status: 200, headers: { link, 'x-result-count': String(rows.length) }, body };
    },
  };
}

const asIs = (row: unknown): Row => row as Row;
const some = (count: number): Row[] => Array.from({ length: count }, () => ({ uuid: uuid() }));

async function read(from: { readonly fetch: FetchPage }): Promise<string[]> {
  return (await collect(readPages('x.list', from.fetch, asIs))).flat().map((row) => row.uuid);
}

describe('a list that holds still', () => {
  test.each([
    [0, [1]],
    [1, [1]],
    [3, [1]],
    [4, [1, 2]],
    [7, [1, 2, 3]],
  ])('of %i rows is read once', async (count, pages) => {
    const rows = some(count);
    const from = server(rows, 3);
    expect(await read(from)).toEqual(rows.map((row) => row.uuid));
    expect(from.fetched).toEqual(pages);
  });

  test('without totals is read once', async () => {
    const rows = some(5);
    const from = server(rows, 3);
    const fetch = async (page: number): Promise<HttpAnswer> => {
      const answer = await from.fetch(page);
      return { ...answer, headers: { link: answer.headers['link'] ?? '' } };
    };
    expect(await read({ fetch })).toHaveLength(5);
    expect(from.fetched).toEqual([1, 2]);
  });

  test('rows that were not asked for are dropped, rows without a UUID kept', async () => {
    const fetch = async (): Promise<HttpAnswer> => ({ status: 200, headers: {}, body: [1, 2, 2, 3] });
    const pages = readPages('x.list', fetch, (row) => (row === 3 ? undefined : row));
    expect(await collect(pages)).toEqual([[1, 2, 2]]);
  });
});

test('no row is lost or seen twice when others leave or come while the list is read', async () => {
  const change = fc.record({ at: fc.integer({ min: 1, max: 6 }), remove: fc.boolean(), where: fc.nat({ max: 99 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 14 }),
      fc.integer({ min: 1, max: 5 }),
      fc.uniqueArray(change, { maxLength: 2, selector: (one) => one.at }),
      async (count, size, changes) => {
        const rows = some(count);
        const staying = new Set(rows.map((row) => row.uuid));
        const from = server(rows, size, (fetch) => {
          const now = changes.find((one) => one.at === fetch);
          if (now === undefined) return;
          // New rows come last: lists are sorted by creation.
          if (now.remove) for (const row of rows.splice(now.where % (rows.length + 1), 1)) staying.delete(row.uuid);
          else rows.push(...some(1));
        });
        const found = await read(from);
        expect(new Set(found).size).toBe(found.length);
        expect(found).toEqual(expect.arrayContaining([...staying]));
      },
    ),
  );
});

test('a page that skips a row is noticed by the total', async () => {
  const rows = some(250);
  const quiet = server(rows, 100);
  let fetches = 0;
  const fetch = async (page: number): Promise<HttpAnswer> => {
    const answer = await quiet.fetch(page);
    return ++fetches === 2 ? { ...answer, body: rows.slice(101, 201) } : answer;
  };
  expect(new Set(await read({ fetch })).size).toBe(250);
});

test('a list that never holds still is given up after three passes', async () => {
  const rows = some(10);
  const from = server(rows, 2, () => void rows.shift());
  await read(from);
  expect(from.fetched.filter((page) => page === 1)).toHaveLength(3);
});

test('a row that cannot be read fails the list after its last row', async () => {
  const rows = some(3);
  const broken = new AgentError('no', { code: 'WALDUR_BAD_ANSWER', disposition: 'transient' });
  const found: unknown[] = [];
  const decode = (row: unknown): unknown => {
    if (row === rows[0]) throw broken;
    return row;
  };
  const reading = (async () => {
    for await (const page of readPages('x.list', server(rows, 2).fetch, decode)) found.push(...page);
  })();
  await expect(reading).rejects.toBe(broken);
  expect(found).toEqual(rows.slice(1));
});

test('a list that is none, and failures of pages', async () => {
  const pages = (fetch: (page: number) => Promise<HttpAnswer>): Promise<unknown> => read({ fetch });
  await expect(pages(async () => ({ status: 200, headers: {}, body: { a: 1 } }))).rejects.toMatchObject({
    code: 'WALDUR_BAD_ANSWER',
    message: 'list (x): Waldur answered something without a usable list',
  });
  const gone = new AgentError('no', { code: 'WALDUR_NO_ROUTE', disposition: 'operator', status: 404 });
  await expect(pages(() => Promise.reject(gone))).rejects.toBe(gone);
});

describe('behind a proxy that takes headers away', () => {
  const without = (from: ReturnType<typeof server>, ...names: readonly string[]) => ({
    fetched: from.fetched,
    fetch: async (page: number): Promise<HttpAnswer> => {
      const answer = await from.fetch(page);
      return {
        ...answer,
        headers: Object.fromEntries(Object.entries(answer.headers).filter(([n]) => !names.includes(n))),
      };
    },
  });

  test.each([
    [0, [1]],
    [3, [1]],
    [7, [1, 2, 3]],
  ])('%i rows are counted when there are no links', async (count, pages) => {
    const from = without(server(some(count), 3), 'link');
    expect(await read(from)).toHaveLength(count);
    expect(from.fetched).toEqual(pages);
  });

  test('a full page is not taken for the last without links and totals', async () => {
    const from = without(server(some(200), 100), 'link', 'x-result-count');
    expect(await read(from)).toHaveLength(200);
    expect(from.fetched).toEqual([1, 2, 3]);
  });

  test('a list shorter than its total fails, and is not taken for the whole', async () => {
    const rows = some(3);
    const fetch = async (page: number): Promise<HttpAnswer> => ({
      status: 200,
      headers: { 'x-result-count': '3' },
      body: page === 1 ? rows.slice(0, 2) : [],
    });
    await expect(read({ fetch })).rejects.toMatchObject({ code: 'WALDUR_BAD_ANSWER', disposition: 'transient' });
  });
});

describe('a page that is too large', () => {
  const large = (status?: number): AgentError =>
    new AgentError('no', { code: status ? 'WALDUR_REFUSED' : 'WALDUR_TOO_LARGE', disposition: 'transient', status });

  test.each([413, undefined])('is read in parts, and no row is missed (%s)', async (status) => {
    const rows = some(237);
    const asked: string[] = [];
    const fetch = async (page: number, size: number): Promise<HttpAnswer> => {
      asked.push(`${page}/${size}`);
      const from = (page - 1) * size;
      // One of the rows in the middle is what makes a page too large.
      if (size > 5 && from <= 130 && 130 < from + size) throw large(status);
      return server(rows, size).fetch(page);
    };
    expect(await read({ fetch })).toEqual(rows.map((row) => row.uuid));
    expect(asked.slice(0, 5)).toEqual(['1/100', '2/100', '5/25', '6/25', '26/5']);
  });

  test('with one row is an error', async () => {
    const sizes: number[] = [];
    const fetch = (_: number, size: number): Promise<HttpAnswer> => {
      sizes.push(size);
      return Promise.reject(large(413));
    };
    await expect(read({ fetch })).rejects.toMatchObject({ status: 413 });
    expect(sizes).toEqual([100, 25, 5, 1]);
  });
});

describe('the next page', () => {
  test.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['<https://w/api/x/>; rel="first", <https://w/api/x/?page=9>; rel="last"', undefined],
    ['<https://evil.example/steal?page=2>; rel="next"', 2],
    ['<https://w/?a=%2C&page=3&page_size=100>;rel=next, <https://w/?page=9>; rel="last"', 3],
    ['</api/x/?page=7>; rel="next"', 7],
    ['<https://w/?page=9>; rel="prev", <https://w/?page=4>; rel="next"', 4],
  ])('of %j is %j', (link, page) => {
    expect(nextPage('x.list', link, 1)).toBe(page);
  });

  test.each([
    '<https://w/?page=1>; rel="next"',
    '<https://w/?page=x>; rel="next"',
    '<http://[>; rel="next"',
    '<?page=1e9999>; rel="next"',
  ])('of %j would loop or lose rows', (link) => {
    expect(() => nextPage('x.list', link, 1)).toThrow(/link to the next page/);
  });

  test('throws nothing but AgentErrors', () => {
    const part = fc.oneof(fc.constantFrom('<', '>', '; rel="next"', 'page=', '?', ',', '2', 'http://'), fc.string());
    fc.assert(
      fc.property(fc.array(part), fc.integer({ min: 1, max: 5 }), (parts, page) => {
        try {
          const next = nextPage('x.list', parts.join(''), page);
          expect(next === undefined || next > page).toBe(true);
        } catch (error) {
          expect(isAgentError(error)).toBe(true);
        }
      }),
    );
  });
});
