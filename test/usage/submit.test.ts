import { describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Built, Line, LineStatus } from '../../src/usage/build.ts';
import { createServerFacts } from '../../src/usage/server-facts.ts';
import { submitAll } from '../../src/usage/submit.ts';
import { startTally } from '../../src/usage/tally.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { UsageReport } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { OFFERING } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const error = (code: string, disposition: AgentError['disposition']): AgentError =>
  new AgentError('no', { code, disposition });
const FORBIDDEN = error('WALDUR_FORBIDDEN', 'operator');
const REFUSED = error('WALDUR_REFUSED', 'terminal');
const OUTAGE = error('WALDUR_FAILED', 'transient');

/** The report of the resource `i`; without one when nothing in `statuses` is new. */
function built(i: number, ...statuses: LineStatus[]): Built {
  const lines = statuses.map((status) => ({ resource: `r${i}`, component: 's3_storage', status }) as Line);
  const isNew = statuses.some((status) => status === 'new' || status === 'changed');
  const usages = [{ type: 's3_storage', amount: '1.00' }];
  return { lines, report: isNew ? { resource: `r${i}`, usages } : undefined };
}

/** A Waldur that refuses the reports of some resources; `asked` counts the questions about billing. */
function setup(failing: Readonly<Record<string, AgentError>> = {}) {
  const submitted: string[] = [];
  const sent: string[] = [];
  let asked = 0;
  const waldur = {
    offerings: {
      get: async () => {
        asked++;
        return { components: [] };
      },
    },
    usages: {
      submit: async ({ resource }: UsageReport) => {
        submitted.push(resource);
        const failure = failing[resource];
        if (failure !== undefined) throw failure;
      },
    },
  } as unknown as Waldur;
  const facts = createServerFacts(waldur, OFFERING, manualClock());
  const tally = startTally();
  const submit = (all: readonly Built[], isDry = false): Promise<void> => {
    const told = isDry ? undefined : ({ resource }: UsageReport): void => void sent.push(resource);
    return submitAll({ waldur, facts, log: silentLog() }, all, tally, told, signal);
  };
  return { submit, submitted, sent, tally, facts, asked: () => asked };
}

const many = Array.from({ length: 100 }, (_, i) => built(i, 'new'));

test('credentials that fail for every resource alike stop the rest', async () => {
  const { submit, submitted, tally } = setup(Object.fromEntries(many.map((_, i) => [`r${i}`, FORBIDDEN])));
  await expect(submit(many)).rejects.toBe(FORBIDDEN);
  // As many as are sent at once.
  expect(submitted).toHaveLength(8);
  expect(tally).toMatchObject({ failed: 0, submitted: 0 });
});

test.each([REFUSED, OUTAGE])('what fails for one resource stops no other: $code', async (failure) => {
  const { submit, submitted, sent, tally } = setup({ r3: failure });
  await submit(many);
  expect(submitted).toHaveLength(100);
  expect(sent).not.toContain('r3');
  expect(tally).toMatchObject({ failed: 1, submitted: 99 });
});

describe('how components are billed', () => {
  test.each([
    ['is asked again after a refusal', { r1: REFUSED }, 2],
    ['is asked again after an outage', { r1: OUTAGE }, 2],
    ['is remembered otherwise', {}, 1],
  ])('%s', async (_, failing, asked) => {
    const made = setup(failing);
    await made.facts.billing(signal);
    await made.submit([built(1, 'new')]);
    await made.facts.billing(signal);
    expect(made.asked()).toBe(asked);
  });
});

test.each<[string, readonly LineStatus[], object]>([
  ['nothing new', ['unchanged', 'unchanged'], { unchanged: 1 }],
  ['nothing new, and something unreadable', ['unchanged', 'unreadable'], { missing: 1 }],
  ['something held back', ['guarded', 'guarded'], { guarded: 2, unchanged: 1 }],
  ['something that is not billed any more', ['lost', 'unchanged'], { lost: 1, unchanged: 1 }],
  ['something new beside all that', ['new', 'guarded', 'lost', 'unreadable'], { submitted: 1, guarded: 1, lost: 1 }],
])('is counted: %s', async (_, statuses, expected) => {
  const { submit, tally } = setup();
  await submit([built(1, ...statuses)]);
  expect(tally).toEqual({ ...startTally(), ...expected });
});

test('a dry run counts and sends nothing', async () => {
  const { submit, submitted, tally } = setup();
  await submit([built(1, 'new'), built(2, 'unchanged')], true);
  expect(submitted).toEqual([]);
  expect(tally).toMatchObject({ submitted: 1, unchanged: 1 });
});
