import { expect, test } from 'vitest';
import type { Plugin } from '../../src/plugin/contract.ts';
import { periodOf } from '../../src/usage/period.ts';
import { isReportable, reportedComponents } from '../../src/usage/report-month.ts';
import type { ServerFacts } from '../../src/usage/server-facts.ts';
import { component, offeringConfig } from '../fakes/offering.ts';

const signal = new AbortController().signal;

test.each([
  ['a', 'p', true],
  ['', 'p', false],
  ['a', undefined, false],
  ['', undefined, false],
] as const)('a resource with the account "%s" and the plan %s is reported: %s', (backendId, plan, expected) => {
  expect(isReportable({ backendId, plan })).toBe(expected);
});

/** Whether Waldur takes usage of a component, by how it is billed there; undefined when it is not to be sent. */
test.each<[string, string | undefined, boolean, string, boolean, boolean | undefined]>([
  ['by usage', 'usage', true, '2026-08', false, true],
  ['by limit', 'limit', true, '2026-08', false, true],
  ['once', 'one', true, '2026-08', false, undefined],
  ['not at all', undefined, true, '2026-08', false, undefined],
  ['by usage, and not measured', 'usage', false, '2026-08', false, undefined],
  ['by limit, and not measured', 'limit', false, '2026-08', false, undefined],
  ['by usage, in a month that is over', 'usage', true, '2026-07', false, false],
  ['by usage, in a month that is over, for staff', 'usage', true, '2026-07', true, true],
  ['by limit, in a month that is over', 'limit', true, '2026-07', false, true],
])('a component that is billed %s', async (_, billed, isMeasured, month, isStaff, isOpen) => {
  const ability = { unit: 'bytes', limit: {}, usage: isMeasured } as const;
  const plugin: Plugin = { ...offeringConfig().plugin, components: { storage: ability } };
  const offering = offeringConfig({ components: [component()], plugin });
  const period = periodOf(month, new Date('2026-08-25T10:00:00Z'), 'UTC');
  if (period === undefined) throw new Error(`${month} is no month`);
  const facts: ServerFacts = {
    billing: async () => new Map(billed === undefined ? [] : [['s3_storage', billed]]),
    isStaff: async () => isStaff,
    forget: () => undefined,
  };
  const found = await reportedComponents({ offering, facts }, period, signal);
  expect(found.map((one) => one.isOpen)).toEqual(isOpen === undefined ? [] : [isOpen]);
});
