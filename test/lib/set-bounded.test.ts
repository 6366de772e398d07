import fc from 'fast-check';
import { expect, it } from 'vitest';
import { setBounded } from '../../src/lib/set-bounded.ts';

it('a bounded map has the values that were set last, and says what went', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9)), (most, keys) => {
      const map = new Map<number, number>();
      keys.forEach((key, at) => {
        const before = [...map];
        const gone = setBounded(map, key, at, most);
        const others = before.filter(([known]) => known !== key);
        expect(gone).toEqual(others.length === most ? others[0] : undefined);
        expect([...map]).toEqual([...others, [key, at]].slice(-most));
      });
    }),
  );
});
