import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { remembered } from '../../src/store/remembered.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSampledUsage } from '../../src/usage/sampled-usage.ts';
import { printResult } from './lib/report.ts';
import { withScratch } from './lib/scratch.ts';

/** What samples cost: a month of 10,000 accounts from ten million of them, and one pass of sampling. */

const ACCOUNTS = 10_000;
const PER_ACCOUNT = 1000;
const MONTH = { from: new Date('2026-08-01T00:00:00Z'), to: new Date('2026-09-01T00:00:00Z') };
const MONTH_S = 31 * 86_400;
const STEP_S = Math.floor(MONTH_S / PER_ACCOUNT);
const OWNER = '0'.repeat(32);
const TWO_HOURS_MS = 7_200_000;

const nameOf = (index: number): string => `waldur-organisation-project-${String(index).padStart(8, '0')}`;

await withScratch(async (folder) => {
  const path = join(folder, 'agent.db');
  const store = createSqlStore(await openSqlite(path), systemClock);
  await fill(path);
  const closed = remembered(store, 'closed-months', OWNER);
  const samples = store.samples;
  const deps = { offering: OWNER, metering: 'gb_days', samples, closed, holdMs: TWO_HOURS_MS } as const;
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => nameOf(index));
  const integral = await time(async () => {
    const found = await createSampledUsage(deps).of(accounts, MONTH, false);
    if (found.size !== ACCOUNTS) throw new Error(`${found.size} accounts were found`);
  });
  const pass = await time(async () => {
    for (let i = 0; i < ACCOUNTS; i += 500) {
      const at = new Date(MONTH.from.getTime() + 60_000);
      const some = accounts.slice(i, i + 500);
      await samples.add(
        OWNER,
        some.map((account) => ({ account, component: 'storage', at, quantity: 5n })),
      );
    }
  });
  await store.close();

  printResult('samples', [
    {
      name: "a month's integral of 10,000 accounts, 10 million samples, CPU",
      value: integral.cpuS,
      unit: 's',
      target: { atMost: 3 },
    },
    { name: 'the same, wall', value: integral.wallS, unit: 's' },
    { name: 'one sample of 10,000 accounts kept, CPU', value: pass.cpuS, unit: 's' },
    { name: 'the same, wall', value: pass.wallS, unit: 's' },
  ]);
});

/** Writes the rows that a month of sampling leaves behind, without the month it takes. */
async function fill(path: string): Promise<void> {
  const sql = await openSqlite(path);
  const insert = 'INSERT INTO samples (owner, account, component, day, readings) VALUES (?, ?, ?, ?, ?)';
  const firstDay = Math.floor(MONTH.from.getTime() / 86_400_000);
  for (let index = 0; index < ACCOUNTS; index++) {
    const days = new Map<number, string>();
    for (let i = 0; i < PER_ACCOUNT; i++) {
      const second = i * STEP_S;
      const day = Math.floor(second / 86_400);
      const bytes = 1_000_000_000_000 + ((index * 7919 + i * 104_729) % 1_000_000_007);
      days.set(day, `${days.get(day) ?? ''}${second % 86_400}:${bytes},`);
    }
    await sql.run(
      [...days].map(([day, readings]) => ({
        sql: insert,
        values: [OWNER, nameOf(index), 'storage', firstDay + day, readings],
      })),
    );
  }
  await sql.close();
}

async function time(work: () => Promise<void>): Promise<{ readonly wallS: number; readonly cpuS: number }> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wallS: (performance.now() - start) / 1000, cpuS: (user + system) / 1e6 };
}
