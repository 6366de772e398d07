import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { createJournal } from '../../src/store/create-journal.ts';
import type { Journal, JournalQuery } from '../../src/store/journal.ts';
import { chain, check, type JournalRow, ORIGIN } from '../../src/store/journal-chain.ts';
import type { JournalEvent } from '../../src/store/journal-entry.ts';
import type { JournalRows } from '../../src/store/journal-rows.ts';
import { createMemoryJournal } from '../../src/store/memory-journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';

const DAY = 86_400_000;
const OFFERING = 'a'.repeat(32);
const ORDER = 'b'.repeat(32);
const RESOURCE = 'c'.repeat(32);

let folder: string;
let clock: ManualClock;
let stores: Store[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-journal-'));
  clock = manualClock('2026-08-25T10:00:00Z');
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true });
});

const told = (text: string): JournalEvent => ({ kind: 'waldur', call: 'tell', text, ms: 1, details: {} });

function journalOver(rows: JournalRows, options: { days?: number; scrub?: (text: string) => string } = {}) {
  const failures: string[] = [];
  const journal = createJournal({
    rows,
    clock,
    version: '1.2.3',
    days: () => options.days ?? 365,
    scrub: options.scrub ?? ((text) => text),
    failed: ({ code }) => failures.push(code),
    recovered: () => failures.push('recovered'),
  });
  return { journal, failures };
}

async function textsOf(journal: Journal, query: Partial<JournalQuery> = {}): Promise<readonly (string | undefined)[]> {
  const entries = await journal.read({ offering: OFFERING, limit: 1000, ...query });
  return entries.map(({ event }) => (event.kind === 'waldur' ? event.text : event.kind));
}

describe.each([
  ['memory', async () => openStore(undefined, clock)],
  ['an SQLite file', async () => openStore(join(folder, 'agent.db'), clock)],
])('in %s', (_name, openOne) => {
  const open = async (): Promise<Store> => {
    const store = await openOne();
    stores.push(store);
    return store;
  };

  test('an entry says who, what, when and by which version', async () => {
    const { journal } = journalOver((await open()).journal);
    journal.record({ offering: OFFERING, order: ORDER, resource: RESOURCE }, told('hello'));
    const [entry, ...others] = await journal.read({ offering: OFFERING, limit: 10 });
    expect(others).toEqual([]);
    expect(entry).toEqual({
      offering: OFFERING,
      seq: 1,
      at: new Date('2026-08-25T10:00:00Z'),
      version: '1.2.3',
      order: ORDER,
      resource: RESOURCE,
      event: told('hello'),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('entries are found by offering, order, resource, kind and time, page by page', async () => {
    const { journal } = journalOver((await open()).journal);
    journal.record({ offering: OFFERING, order: ORDER }, told('1'));
    journal.record({ offering: OFFERING, resource: RESOURCE }, told('2'));
    await clock.advance(1000);
    journal.record({ offering: OFFERING }, { kind: 'lost', count: 1, from: '', to: '', reason: '' });
    journal.record({ offering: 'd'.repeat(32) }, told('of another offering'));
    journal.record({ offering: OFFERING, order: ORDER, resource: RESOURCE }, told('4'));
    expect(await textsOf(journal)).toEqual(['4', 'lost', '2', '1']);
    expect(await textsOf(journal, { order: ORDER })).toEqual(['4', '1']);
    expect(await textsOf(journal, { resource: RESOURCE })).toEqual(['4', '2']);
    expect(await textsOf(journal, { kinds: ['lost'] })).toEqual(['lost']);
    expect(await textsOf(journal, { kinds: [] })).toEqual([]);
    expect(await textsOf(journal, { since: clock.now() })).toEqual(['4', 'lost']);
    expect(await textsOf(journal, { limit: 2 })).toEqual(['4', 'lost']);
    expect(await textsOf(journal, { limit: 2, before: 3 })).toEqual(['2', '1']);
    expect(await textsOf(journal, { after: 1, limit: 2 })).toEqual(['2', 'lost']);
  });

  test('two agents on one state write one chain', async () => {
    const { journal: rows } = await open();
    const a = journalOver(rows).journal;
    const b = journalOver(rows).journal;
    for (let round = 0; round < 5; round++) {
      a.record({ offering: OFFERING }, told(`a${round}`));
      b.record({ offering: OFFERING }, told(`b${round}`));
      await Promise.all([a.flush(), b.flush()]);
    }
    expect(await a.verify(OFFERING)).toMatchObject({ entries: 10, faults: [], head: { seq: 10 } });
  });

  test('old entries go, the chain goes on from a checkpoint', async () => {
    const { journal } = journalOver((await open()).journal, { days: 30 });
    for (let day = 0; day < 40; day++) {
      journal.record({ offering: OFFERING }, told(`day ${day}`));
      await journal.flush();
      await clock.advance(DAY);
    }
    journal.record({ offering: OFFERING }, told('today'));
    const texts = await textsOf(journal);
    expect(texts).toHaveLength(31);
    expect(texts.at(-1)).toBe('day 10');
    expect(await journal.verify(OFFERING)).toMatchObject({ entries: 31, checkpoint: 10, faults: [] });
  });

  test('is empty and in order at first', async () => {
    const { journal } = journalOver((await open()).journal);
    expect(await textsOf(journal)).toEqual([]);
    expect(await journal.verify(OFFERING)).toMatchObject({ entries: 0, checkpoint: 0, head: ORIGIN, faults: [] });
  });
});

test('an entry is in the file half a second later, and found by the next process', async () => {
  const path = join(folder, 'agent.db');
  const first = await openStore(path, clock);
  journalOver(first.journal).journal.record({ offering: OFFERING }, told('kept'));
  await clock.advance(500);
  await first.close();
  const second = await openStore(path, clock);
  stores.push(second);
  const { journal } = journalOver(second.journal);
  journal.record({ offering: OFFERING }, told('next'));
  expect(await textsOf(journal)).toEqual(['next', 'kept']);
  expect((await journal.verify(OFFERING)).faults).toEqual([]);
});

test('memory keeps a bounded number of entries, and the chain holds', async () => {
  const { journal } = journalOver(createMemoryJournal(10));
  for (let n = 0; n < 25; n++) journal.record({ offering: OFFERING }, told(`${n}`));
  expect(await textsOf(journal)).toHaveLength(10);
  expect(await journal.verify(OFFERING)).toMatchObject({ entries: 10, checkpoint: 15, faults: [] });
});

describe('a disk that is full', () => {
  function brittle() {
    const inner = createMemoryJournal();
    const state = { isFull: true };
    const rows: JournalRows = {
      ...inner,
      append: async (added) => {
        if (state.isFull) throw new AgentError('no space left', { code: 'STORE_FAILED', disposition: 'operator' });
        return inner.append(added);
      },
    };
    return { rows, state };
  }

  test('is told once, and what happened meanwhile is written when there is room again', async () => {
    const { rows, state } = brittle();
    const { journal, failures } = journalOver(rows);
    journal.record({ offering: OFFERING }, told('1'));
    await clock.advance(20_000);
    journal.record({ offering: OFFERING }, told('2'));
    expect(failures).toEqual(['STORE_FAILED']);
    state.isFull = false;
    await clock.advance(5000);
    expect(failures).toEqual(['STORE_FAILED', 'recovered']);
    expect(await textsOf(journal)).toEqual(['2', '1']);
  });

  test('what could not be kept is an entry itself', async () => {
    const { rows, state } = brittle();
    const { journal } = journalOver(rows);
    for (let n = 0; n < 10_050; n++) journal.record({ offering: OFFERING }, told(`${n}`));
    await clock.advance(1000);
    state.isFull = false;
    await clock.advance(5000);
    journal.record({ offering: OFFERING }, told('after'));
    const [after, lost, before] = await journal.read({ offering: OFFERING, limit: 3 });
    expect(after?.event).toEqual(told('after'));
    const at = '2026-08-25T10:00:00.000Z';
    expect(lost?.event).toEqual({ kind: 'lost', count: 50, from: at, to: at, reason: 'no space left' });
    expect(before?.event).toEqual(told('9999'));
  });
});

describe('secrets', () => {
  const SECRET = 'never to be shown "quoted"';
  const secrets = createSecrets();
  secrets.add(SECRET);
  secrets.add('waldur');

  test('are replaced in every value, whatever they hide in', async () => {
    const { journal } = journalOver(createMemoryJournal(), { scrub: secrets.scrub });
    const seen: string[] = [];
    journal.follow((live) => seen.push(JSON.stringify(live)));
    const base64 = Buffer.from(SECRET).toString('base64');
    const details = { [SECRET]: [base64, { deep: `x${SECRET}y` }] };
    const error = { code: 'X', message: `refused ${SECRET}`, hint: encodeURIComponent(SECRET) };
    journal.record({ offering: OFFERING }, { kind: 'waldur', call: 'tell', text: SECRET, ms: 1, details, error });
    const entries = await journal.read({ offering: OFFERING, limit: 1 });
    for (const text of [JSON.stringify(entries), ...seen]) {
      expect(text).not.toContain('never to be shown');
      expect(text).not.toContain(base64.slice(0, -4));
      expect(text).toContain('***');
    }
    // A secret that is an ordinary word must not change what an entry is.
    expect(entries[0]?.event.kind).toBe('waldur');
    expect((await journal.verify(OFFERING)).faults).toEqual([]);
  });

  test('long texts are cut after that, and long details left out', async () => {
    const { journal } = journalOver(createMemoryJournal(), { scrub: secrets.scrub });
    journal.record({ offering: OFFERING }, told('a'.repeat(1990) + SECRET + 'b'.repeat(100)));
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`key ${n}`, 'value']));
    journal.record({ offering: OFFERING }, { kind: 'waldur', call: 'tell', ms: 1, details: many });
    const [long, text] = await journal.read({ offering: OFFERING, limit: 2 });
    expect(long?.event).toMatchObject({ details: { omitted: 'too long' } });
    expect(JSON.stringify(text)).not.toContain('never');
    expect(JSON.stringify(text).length).toBeLessThan(2500);
  });
});

test('followers hear at once, until they have heard enough', () => {
  const { journal } = journalOver(createMemoryJournal());
  const heard: unknown[] = [];
  const end = journal.follow((live) => heard.push(live));
  journal.record({ offering: OFFERING, order: ORDER }, told('now'));
  end();
  journal.record({ offering: OFFERING }, told('later'));
  expect(heard).toEqual([
    { offering: OFFERING, order: ORDER, resource: undefined, at: clock.now(), event: told('now') },
  ]);
});

describe('the chain', () => {
  const events = fc.array(fc.string(), { minLength: 1, maxLength: 20 });
  const drafts = (texts: readonly string[]) =>
    texts.map((text, n) => ({
      at: new Date(Date.UTC(2026, 0, 1) + n * 1000),
      version: '1',
      order: n % 3 === 0 ? ORDER : undefined,
      resource: RESOURCE,
      event: told(text),
    }));

  test('holds for every sequence, from any of its links', () => {
    fc.assert(
      fc.property(events, fc.nat(), (texts, pick) => {
        const rows = chain(OFFERING, ORIGIN, drafts(texts));
        expect(check(ORIGIN, rows).faults).toEqual([]);
        const from = pick % rows.length;
        expect(check(rows[from - 1] ?? ORIGIN, rows.slice(from)).faults).toEqual([]);
      }),
    );
  });

  /** Rows that a thief of the file left behind, with the ends as the agent wrote them. */
  async function verifyRows(rows: readonly JournalRow[], original: readonly JournalRow[]) {
    const last = original.at(-1) ?? ORIGIN;
    const stored: JournalRows = {
      ends: async () => ({ checkpoint: ORIGIN, head: { seq: last.seq, hash: last.hash } }),
      append: async () => true,
      read: async ({ after = 0, limit }) =>
        rows
          .filter(({ seq }) => seq > after)
          .sort((a, b) => a.seq - b.seq)
          .slice(0, limit),
      prune: async () => undefined,
    };
    return journalOver(stored).journal.verify(OFFERING);
  }

  const tampering = fc.oneof(
    fc.record({ kind: fc.constant('body' as const), text: fc.string({ minLength: 1 }) }),
    fc.record({ kind: fc.constantFrom('order', 'resource', 'hash', 'offering') }),
    fc.record({ kind: fc.constant('at' as const) }),
    fc.record({ kind: fc.constant('kind' as const) }),
    fc.record({ kind: fc.constant('remove' as const) }),
    fc.record({ kind: fc.constant('swap' as const) }),
    fc.record({ kind: fc.constant('repeat' as const) }),
  );

  function tamper(rows: JournalRow[], at: number, change: { kind: string; text?: string }): readonly JournalRow[] {
    const row = rows[at] as JournalRow;
    const next = rows[at + 1];
    switch (change.kind) {
      case 'body':
        return rows.with(at, { ...row, body: row.body + change.text });
      case 'at':
        return rows.with(at, { ...row, at: row.at + 1 });
      case 'kind':
        return rows.with(at, { ...row, kind: 'lost' });
      case 'remove':
        return rows.toSpliced(at, 1);
      case 'repeat':
        return rows.toSpliced(at, 0, row);
      case 'swap':
        if (next === undefined) return rows.toSpliced(at, 1);
        return rows.with(at, { ...next, seq: row.seq }).with(at + 1, { ...row, seq: next.seq });
      default:
        return rows.with(at, { ...row, [change.kind]: 'f'.repeat(32) });
    }
  }

  test('shows every changed, removed, repeated or reordered entry', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), tampering, async (texts, pick, change) => {
        const rows = [...chain(OFFERING, ORIGIN, drafts(texts))];
        expect((await verifyRows(rows, rows)).faults).toEqual([]);
        const left = tamper(rows, pick % rows.length, change);
        expect((await verifyRows(left, rows)).faults).not.toEqual([]);
      }),
    );
  });

  test('holds when old entries go, at whatever times they were written', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 60 * DAY }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 0, max: 60 * DAY }), async (offsets, cut) => {
        const rows = createMemoryJournal();
        const { journal } = journalOver(rows, { days: 10_000 });
        for (const ms of offsets) journal.record({ offering: OFFERING, at: new Date(ms) }, told(`${ms}`));
        await journal.flush();
        await rows.prune(OFFERING, new Date(cut));
        const { faults, entries, checkpoint } = await journal.verify(OFFERING);
        expect(faults).toEqual([]);
        expect(entries + checkpoint).toBe(offsets.length);
        const left = await journal.read({ offering: OFFERING, limit: 1000 });
        expect(left.at(-1)?.at.getTime() ?? cut).toBeGreaterThanOrEqual(cut);
      }),
    );
  });
});
