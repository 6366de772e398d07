import type { JournalQuery } from './journal.ts';
import { type JournalRow, type Link, ORIGIN } from './journal-chain.ts';
import { type JournalRows, rowLimit } from './journal-rows.ts';

interface Chain {
  checkpoint: Link;
  readonly rows: JournalRow[];
}

/** The last entries of this process, of all offerings together: for demos, and for agents without a `state`. */
export function createMemoryJournal(most = 1000): JournalRows {
  const chains = new Map<string, Chain>();
  let total = 0;
  const chainOf = (offering: string): Chain => {
    const chain = chains.get(offering) ?? { checkpoint: ORIGIN, rows: [] };
    chains.set(offering, chain);
    return chain;
  };
  const longest = (): Chain => [...chains.values()].reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
  const removeFirst = (chain: Chain, count: number): void => {
    const gone = chain.rows.splice(0, count);
    const last = gone.at(-1);
    if (last === undefined) return;
    chain.checkpoint = { seq: last.seq, hash: last.hash };
    total -= gone.length;
  };
  const headOf = ({ checkpoint, rows }: Chain): Link => rows.at(-1) ?? checkpoint;

  return {
    ends: async (offering) => {
      const chain = chainOf(offering);
      const { seq, hash } = headOf(chain);
      return { checkpoint: chain.checkpoint, head: { seq, hash } };
    },
    append: async (rows) => {
      const [first] = rows;
      if (first === undefined) return true;
      const chain = chainOf(first.offering);
      if (first.seq !== headOf(chain).seq + 1) return false;
      chain.rows.push(...rows);
      total += rows.length;
      // Those of the offering with the most: the others keep theirs.
      while (total > most) removeFirst(longest(), total - most);
      return true;
    },
    read: async (query) => {
      const { rows } = chainOf(query.offering);
      const found = rows.filter((row) => isAsked(row, query));
      return (query.after === undefined ? found.reverse() : found).slice(0, rowLimit(query));
    },
    prune: async (offering, before) => {
      const chain = chainOf(offering);
      const kept = chain.rows.findIndex(({ at }) => at >= before.getTime());
      removeFirst(chain, kept === -1 ? chain.rows.length : kept);
    },
  };
}

function isAsked(row: JournalRow, { resource, order, kinds, since, before, after }: JournalQuery): boolean {
  return (
    (resource === undefined || row.resource === resource) &&
    (order === undefined || row.order === order) &&
    (kinds === undefined || kinds.includes(row.kind)) &&
    (since === undefined || row.at >= since.getTime()) &&
    (before === undefined || row.seq < before) &&
    (after === undefined || row.seq > after)
  );
}
