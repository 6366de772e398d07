import type { Row } from './model.ts';

/** Rows in order of creation, found by uuid or by a secondary key; every look-up is cheap however many there are. */
export interface Table<R extends Row> {
  readonly size: number;
  insert(row: R): R;
  get(uuid: string): R | undefined;
  all(): readonly R[];
  /** Rows whose `index` gives `key`, oldest first. The array is live: do not keep it across a change. */
  by(index: string, key: string): readonly R[];
  /** Every change of an indexed property goes through here. */
  change(row: R, mutate: (row: R) => void): void;
  delete(row: R): void;
}

/** Key of a row in one index; undefined leaves it out. */
export type KeyOf<R> = (row: R) => string | undefined;

export function createTable<R extends Row>(keys: Readonly<Record<string, KeyOf<R>>> = {}): Table<R> {
  const byUuid = new Map<string, R>();
  const sequence = new Map<R, number>();
  const ordered: R[] = [];
  const indexes = Object.entries(keys).map(([name, keyOf]) => ({ name, keyOf, rows: new Map<string, R[]>() }));
  let next = 0;

  const { positionOf, put, take } = inSequence(sequence);

  return {
    get size() {
      return ordered.length;
    },
    insert: (row) => {
      byUuid.set(row.uuid, row);
      sequence.set(row, next++);
      ordered.push(row);
      for (const { keyOf, rows } of indexes) put(rows, keyOf(row), row);
      return row;
    },
    get: (uuid) => byUuid.get(uuid),
    all: () => ordered,
    by: (name, key) => {
      const index = indexes.find((candidate) => candidate.name === name);
      if (index === undefined) throw new Error(`no index ${name}`);
      return index.rows.get(key) ?? [];
    },
    change: (row, mutate) => {
      const before = indexes.map(({ keyOf }) => keyOf(row));
      mutate(row);
      indexes.forEach(({ keyOf, rows }, i) => {
        const after = keyOf(row);
        if (after === before[i]) return;
        take(rows, before[i], row);
        put(rows, after, row);
      });
    },
    delete: (row) => {
      if (byUuid.get(row.uuid) !== row) return;
      for (const { keyOf, rows } of indexes) take(rows, keyOf(row), row);
      ordered.splice(positionOf(ordered, row), 1);
      byUuid.delete(row.uuid);
      sequence.delete(row);
    },
  };
}

type Index<R> = Map<string, R[]>;

/** Keeps rows in the order of `sequence`. */
function inSequence<R>(sequence: ReadonlyMap<R, number>) {
  const positionOf = (rows: readonly R[], row: R): number => {
    const wanted = sequence.get(row) ?? 0;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const candidate = rows[middle];
      if (candidate !== undefined && (sequence.get(candidate) ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const put = (index: Index<R>, key: string | undefined, row: R): void => {
    if (key === undefined) return;
    const rows = index.get(key);
    if (rows === undefined) index.set(key, [row]);
    else rows.splice(positionOf(rows, row), 0, row);
  };
  const take = (index: Index<R>, key: string | undefined, row: R): void => {
    const rows = key === undefined ? undefined : index.get(key);
    if (key === undefined || rows === undefined) return;
    rows.splice(positionOf(rows, row), 1);
    if (rows.length === 0) index.delete(key);
  };
  return { positionOf, put, take };
}
