import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecords, parseRecords, type RegistryRecord } from '../../registry/record.ts';

const RESOURCE = '0123456789abcdef'.repeat(2);
const record: RegistryRecord = {
  resource: RESOURCE,
  asked: 'alice',
  subject: 'user',
  name: 'alice',
  made: 'nothing',
  bytes: null,
  objects: 0n,
};

it('records read back as they were written', () => {
  const amount = fc.option(fc.bigInt(0n, 10n ** 24n - 1n));
  const limit = fc.bigInt(0n, 2n ** 53n);
  const any = fc.record<RegistryRecord, keyof RegistryRecord>(
    {
      resource: fc.stringMatching(/^[0-9a-f]{32}$/),
      asked: fc.string(),
      account: fc.string(),
      subject: fc.constantFrom('user', 'group', 'project', 'subvolume'),
      name: fc.string(),
      id: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      made: fc.constantFrom('user', 'group', 'directory', 'subvolume', 'nothing'),
      bytes: amount,
      objects: amount,
      frozen: fc.record(
        { blockSoft: limit, blockHard: limit, inodeSoft: limit, inodeHard: limit },
        { noNullPrototype: true },
      ),
      requestedAt: fc.string(),
    },
    { noNullPrototype: true, requiredKeys: ['resource', 'asked', 'subject', 'name', 'made', 'bytes', 'objects'] },
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 3 }), (records) => {
      expect(parseRecords(formatRecords(records))).toStrictEqual(records);
    }),
  );
});

it('the id of root is an id', () => {
  expect(parseRecords(formatRecords([{ ...record, id: 0 }]))).toEqual([{ ...record, id: 0 }]);
});

describe('a file cannot be used', () => {
  it.each([
    ['', 'it is not JSON'],
    ['{"version": 1, "accounts": [', 'it is not JSON'],
    ['[]', 'it is not of version 1'],
    ['null', 'it is not of version 1'],
    ['{"version": 2, "accounts": []}', 'it is not of version 1'],
    ['{"version": 1, "accounts": {}}', 'it is not of version 1'],
    ['{"version": 1}', 'it is not of version 1'],
  ])('%s', (text, why) => {
    expect(parseRecords(text)).toBe(why);
  });

  const frozen = { blockSoft: '1', blockHard: '2', inodeSoft: '3', inodeHard: '4' };
  it.each<Readonly<Record<string, unknown>>>([
    { resource: undefined },
    { resource: [RESOURCE] },
    { resource: RESOURCE.toUpperCase() },
    { resource: `${RESOURCE}0` },
    { asked: undefined },
    { asked: 7 },
    { account: null },
    { account: 7 },
    { subject: 'robot' },
    { name: undefined },
    { name: 7 },
    { id: null },
    { id: '7' },
    { id: -1 },
    { id: 1.5 },
    { id: 2 ** 53 },
    { made: 'robot' },
    { bytes: undefined },
    { bytes: 7 },
    { bytes: '-7' },
    { bytes: '1'.repeat(25) },
    { objects: undefined },
    { objects: '' },
    { frozen: null },
    { frozen: [] },
    { frozen: { ...frozen, blockSoft: undefined } },
    { frozen: { ...frozen, blockHard: 7 } },
    { frozen: { ...frozen, inodeSoft: null } },
    { frozen: { ...frozen, inodeHard: 'x' } },
    // Without it the user would count as approved.
    { requestedAt: 7 },
    { requestedAt: null },
  ])('with a record of %o', (changes) => {
    const stored = { ...record, objects: '0', frozen };
    const file = (accounts: readonly unknown[]): string => JSON.stringify({ version: 1, accounts });
    expect(parseRecords(file([stored]))).toHaveLength(1);
    expect(parseRecords(file([stored, { ...stored, ...changes }]))).toBe('account 2 is not complete');
    expect(parseRecords(file([null]))).toBe('account 1 is not complete');
  });
});
