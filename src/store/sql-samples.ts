import { dayOf, decodeDay, encodeSample, inOrder } from './sample-text.ts';
import type { Sql, Statement } from './sql.ts';
import type { Point, Sample, Samples, Series } from './store.ts';

const APPEND = `INSERT INTO samples (owner, account, component, day, readings) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (owner, account, component, day) DO UPDATE SET readings = samples.readings || excluded.readings`;
const READ = `SELECT component, day, readings FROM samples
  WHERE owner = ? AND account = ? AND day >= ? AND day <= ? ORDER BY component, day`;
const ACCOUNTS = `SELECT DISTINCT account FROM samples
  WHERE owner = ? AND day >= ? AND day <= ? ORDER BY account`;
const FORGET = 'DELETE FROM samples WHERE owner = ? AND day < ?';

export function createSqlSamples(sql: Sql): Samples {
  return {
    add: async (owner, samples) => {
      if (samples.length > 0) await sql.run(samples.map((sample) => toStatement(owner, sample)));
    },
    read: async (owner, account, { from, to }) => {
      const values = [owner, account, dayOf(from), dayOf(to)];
      return toSeries(await sql.all({ sql: READ, values }), from, to);
    },
    accounts: async (owner, { from, to }) => {
      const rows = await sql.all({ sql: ACCOUNTS, values: [owner, dayOf(from), dayOf(to)] });
      return rows.map((row) => String(row['account']));
    },
    forget: (owner, before) => sql.run([{ sql: FORGET, values: [owner, dayOf(before)] }]),
  };
}

function toStatement(owner: string, sample: Sample): Statement {
  const { account, component, at } = sample;
  return { sql: APPEND, values: [owner, account, component, dayOf(at), encodeSample(sample)] };
}

function toSeries(rows: readonly Readonly<Record<string, unknown>>[], from: Date, to: Date): readonly Series[] {
  const points = new Map<string, Point[]>();
  for (const row of rows) {
    const component = String(row['component']);
    const list = points.get(component) ?? [];
    points.set(component, list);
    decodeDay(Number(row['day']), String(row['readings']), list);
  }
  const [first, end] = [from.getTime() / 1000, to.getTime() / 1000];
  return [...points]
    .map(([component, list]) => ({ component, points: inOrder(list).filter(({ at }) => at >= first && at < end) }))
    .filter((series) => series.points.length > 0);
}
