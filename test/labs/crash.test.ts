import { afterAll, expect, test, vi } from 'vitest';
import { BACKENDS, type BackendName } from '../crash/bench.ts';
import { closeBackends } from '../crash/benches.ts';
import { STORIES, type Story } from '../crash/stories.ts';
import { type Swept, sweep } from '../crash/sweep.ts';
import { closeAll } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 420_000 });

/** `CRASH_STEP=n` takes every n-th effect, not the same ones with each story and backend. */
const STEP = Number(process.env['CRASH_STEP'] ?? 1);
/** The fewest effects that an order has. */
const FEWEST = 2;

const results: Swept[] = [];

afterAll(async () => {
  await closeAll();
  await closeBackends();
  process.stdout.write(`
${table()}
`);
});

const cases = STORIES.flatMap((story) =>
  story.at.map((backend): [string, BackendName, Story] => [story.what, backend, story]),
).map((each, index) => [...each, 1 + (index % Math.min(STEP, FEWEST))] as const);

test.concurrent.each(cases)(
  '%s with %s: killed after any effect, it converges',
  async (what, backend, story, first) => {
    const swept = await sweep(backend, story, { first, step: STEP });
    results.push(swept);
    process.stdout.write(` ${what} with ${backend}: ${tally([swept])}\n`);
    expect(swept.failures).toEqual([]);
    expect(swept.points.length).toBeGreaterThanOrEqual(STEP === 1 ? FEWEST : 1);
  },
);

/** Kinds down, backends across. */
function table(): string {
  const rows = [...STORIES.map(({ what }) => what), 'all'].map((what) => [
    what,
    ...BACKENDS.map((backend) =>
      tally(results.filter((each) => each.backend === backend && (what === 'all' || each.what === what))),
    ),
  ]);
  const lines = [['killed after effects of', ...BACKENDS], ...rows].map(([what = '', ...cells]) =>
    [what.padEnd(24), ...cells.map((text) => text.padEnd(40))].join('').trimEnd(),
  );
  return [...lines, `all backends: ${tally(results)}`].join('\n');
}

function tally(swept: readonly Swept[]): string {
  if (swept.length === 0) return '–';
  const sum = (of: (each: Swept) => number): number => swept.reduce((total, each) => total + of(each), 0);
  const again = sum(({ deaths }) => deaths);
  const points = `${sum(({ points: each }) => each.length)} points${again === 0 ? '' : ` and ${again} in a row`}`;
  return `${points}, ${sum(({ failures }) => failures.length)} failures`;
}
