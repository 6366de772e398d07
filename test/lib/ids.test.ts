import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toUuid } from '../../src/lib/ids.ts';

const BARE = '3fa85f6457174562b3fc2c963f66afa6';

describe('toUuid', () => {
  it.each([BARE, BARE.toUpperCase(), '3fa85f64-5717-4562-b3fc-2c963f66afa6', ` ${BARE}\n`])('reads %j', (value) => {
    expect(toUuid(value)).toBe(BARE);
  });

  it.each([
    '',
    BARE.slice(1),
    `${BARE}0`,
    `${BARE.slice(1)}g`,
    `../${BARE}`,
    `${BARE}/`,
    `${BARE}?x`,
    `${BARE.slice(2)}%2`,
    'null',
    null,
    undefined,
    7,
    [BARE],
    { toString: () => BARE },
  ])('refuses %j', (value) => {
    expect(toUuid(value)).toBeUndefined();
  });

  it('takes every UUID in both forms to the same value', () => {
    fc.assert(
      fc.property(fc.uuid(), (dashed) => {
        const bare = toUuid(dashed);
        expect(bare).toMatch(/^[0-9a-f]{32}$/);
        expect(toUuid(bare)).toBe(bare);
      }),
    );
  });

  it('never lets anything else through', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(toUuid(text) ?? BARE).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });
});
