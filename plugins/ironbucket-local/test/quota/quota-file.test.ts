import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatQuota, parseQuota, UNLIMITED } from '../../quota/quota-file.ts';

const GOLDEN = `{
  "max_size_bytes": 5368709120,
  "current_usage_bytes": 1234567890,
  "object_count": 42,
  "last_updated": "2025-01-27T10:00:00.000Z"
}`;

describe('.quota', () => {
  it('is read and written in the format of IronBucket', () => {
    const record = parseQuota(
      '{"max_size_bytes": 5368709120, "current_usage_bytes": 1234567890, "object_count": 42, "last_updated": "2025-01-27T10:00:00Z"}',
    );
    expect(record).toEqual({
      maxBytes: 5_368_709_120n,
      usedBytes: 1_234_567_890n,
      objects: 42n,
      updated: new Date('2025-01-27T10:00:00Z'),
      others: [],
    });
    expect(record && formatQuota(record)).toBe(GOLDEN);
  });

  it('keeps every digit up to 2^64 - 1, which is "no limit"', () => {
    const text = GOLDEN.replace('5368709120', '18446744073709551615').replace('1234567890', '18446744073709551614');
    const record = parseQuota(text);
    expect(record?.maxBytes).toBeNull();
    expect(record?.usedBytes).toBe(18_446_744_073_709_551_614n);
    expect(record && formatQuota(record)).toBe(text);
  });

  it('keeps fields it does not know, after its own', () => {
    const others =
      '  "7": 12345678901234567890,\n  "note": "costs 5 \\"units\\", 007",\n  "deep": {\n    "a": [\n      1.50,\n      -2e+9\n    ]\n  }';
    const record = parseQuota(`{\n${others},\n${GOLDEN.slice(2)}`);
    expect(record && formatQuota(record)).toBe(`${GOLDEN.slice(0, -2)},\n${others}\n}`);
  });

  it.each([
    ['nothing', ''],
    ['a truncated file', GOLDEN.slice(0, 60)],
    ['binary', '\0\x01\x02'],
    ['another kind of JSON', '[1, 2]'],
    ['null', 'null'],
    ['a missing field', GOLDEN.replace('"object_count": 42,', '')],
    ['a negative number', GOLDEN.replace('42', '-1')],
    ['a fraction', GOLDEN.replace('42', '4.2')],
    ['an exponent', GOLDEN.replace('42', '4e2')],
    ['a text', GOLDEN.replace('42', '"42"')],
    ['a leading zero', GOLDEN.replace('42', '042')],
    ['a number beyond 64 bits', GOLDEN.replace('42', '18446744073709551616')],
    ['no time', GOLDEN.replace('2025-01-27T10:00:00.000Z', 'yesterday')],
    ['an impossible time', GOLDEN.replace('2025-01-27', '2025-13-27')],
    ['a time that is a number', GOLDEN.replace('"2025-01-27T10:00:00.000Z"', '1737972000')],
  ])('%s is not a quota', (_, text) => {
    expect(parseQuota(text)).toBeUndefined();
  });

  it('accepts every spelling of RFC 3339', () => {
    const text = GOLDEN.replace('2025-01-27T10:00:00.000Z', '2025-01-27T12:00:00.123456789+02:00');
    expect(parseQuota(text)?.updated).toEqual(new Date('2025-01-27T10:00:00.123Z'));
  });

  it('comes back as it was written', () => {
    const size = fc.bigInt({ min: 0n, max: UNLIMITED - 1n });
    const others = fc.dictionary(
      fc.string({ maxLength: 8 }).map((key) => `x${key}`),
      fc.jsonValue(),
    );
    const updated = fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.option(size), size, size, updated, others, (maxBytes, usedBytes, objects, at, extra) => {
        const first = formatQuota({ maxBytes, usedBytes, objects, updated: at });
        expect(parseQuota(first)).toEqual({ maxBytes, usedBytes, objects, updated: at, others: [] });
        const more = JSON.stringify(extra).slice(1, -1);
        const again = parseQuota(more === '' ? first : `${first.slice(0, -2)},${more}}`);
        const text = again === undefined ? '{}' : formatQuota(again);
        expect(text.startsWith(first.slice(0, -2))).toBe(true);
        expect(JSON.parse(text)).toEqual({ ...(JSON.parse(`{${more}}`) as object), ...(JSON.parse(first) as object) });
      }),
    );
  });
});
