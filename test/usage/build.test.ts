import { expect, test } from 'vitest';
import { toCents } from '../../src/lib/units.ts';
import { buildReport, type Recorded } from '../../src/usage/build.ts';
import { component, OBJECTS, RESOURCE } from '../fakes/offering.ts';

const at = new Date('2026-08-25T10:00:00Z');
const storage = { ...component({ unitFactor: 1000 }), isOpen: true };
const objects = { ...OBJECTS, isOpen: true };
const resource = {
  uuid: RESOURCE,
  name: 'bucket',
  state: 'OK',
  backendId: 'a',
  plan: 'p'.repeat(32),
  currentUsages: {},
} as const;

function build(quantities: Record<string, bigint> | undefined, recorded: Record<string, string>, options = {}) {
  const usage = quantities && { account: 'a', measuredAt: at, quantities };
  const has = Object.entries(recorded).map(([type, amount]): [string, Recorded] => [
    type,
    { cents: toCents(amount) ?? 0n, isAmbiguous: false },
  ]);
  return buildReport({
    offering: { allowDecrease: false, metering: 'current', ...options },
    components: [storage, objects],
    resource,
    usage,
    recorded: new Map(has),
    date: at.toISOString(),
  });
}
const statuses = ({ lines }: ReturnType<typeof build>): string[] => lines.map(({ status }) => status);

test('new and changed amounts are sent with two decimals, rounded half up once', () => {
  const built = build({ storage: 1_234_995n, objects: 7n }, { s3_objects: '6.00' });
  expect(statuses(built)).toEqual(['new', 'changed']);
  expect(built.report).toEqual({
    resource: RESOURCE,
    date: '2026-08-25T10:00:00.000Z',
    usages: [
      { type: 's3_storage', amount: '1235.00' },
      { type: 's3_objects', amount: '7.00' },
    ],
  });
});

test.each(['12.3', '12.30', 12.3])('%j is what Waldur has, so nothing is sent', (has) => {
  const built = build({ storage: 12_300n, objects: 0n }, { s3_storage: has as string, s3_objects: '0' });
  expect(statuses(built)).toEqual(['unchanged', 'unchanged']);
  expect(built.report).toBeUndefined();
});

test('a decrease holds back its component, not the others', () => {
  const built = build({ storage: 1000n, objects: 9n }, { s3_storage: '5', s3_objects: '8' });
  expect(statuses(built)).toEqual(['guarded', 'changed']);
  expect(built.report?.usages).toEqual([{ type: 's3_objects', amount: '9.00' }]);
  expect(statuses(build({ storage: 1000n }, { s3_storage: '5' }, { allowDecrease: true }))[0]).toBe('changed');
});

test('unreadable is never zero', () => {
  expect(build(undefined, { s3_storage: '5' })).toMatchObject({ report: undefined });
  const partly = build({ objects: 1n }, {});
  expect(statuses(partly)).toEqual(['unreadable', 'new']);
  expect(partly.report?.usages).toEqual([{ type: 's3_objects', amount: '1.00' }]);
});

test('zero is a number', () => {
  expect(build({ storage: 0n, objects: 0n }, {}).report?.usages.map(({ amount }) => amount)).toEqual(['0.00', '0.00']);
});

test('accrued byte seconds become unit days', () => {
  const built = build({ storage: 86_400n * 1000n * 3n }, {}, { metering: 'gb_days' });
  expect(built.report?.usages).toEqual([{ type: 's3_storage', amount: '3.00' }]);
});
