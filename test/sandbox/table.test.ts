import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTable } from '../../src/sandbox/table.ts';

interface Item {
  readonly uuid: string;
  readonly number: number;
  colour: string | undefined;
}

const COLOURS = ['red', 'green', undefined];

test('an index always says what a scan would', () => {
  const step = fc.record({
    kind: fc.constantFrom('insert', 'change', 'delete'),
    row: fc.nat(20),
    colour: fc.constantFrom(...COLOURS),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = createTable<Item>({ colour: (row) => row.colour });
      let next = 0;
      for (const { kind, row, colour } of steps) {
        const target = table.all()[row];
        if (kind === 'insert') table.insert({ uuid: `${next}`, number: next++, colour });
        else if (target === undefined) continue;
        else if (kind === 'delete') table.delete(target);
        else {
          table.change(target, (item) => {
            item.colour = colour;
          });
        }
      }
      for (const colour of COLOURS) {
        if (colour === undefined) continue;
        expect(table.by('colour', colour)).toEqual(table.all().filter((row) => row.colour === colour));
      }
      expect(table.all().map(({ number }) => number)).toEqual(
        table
          .all()
          .map(({ number }) => number)
          .toSorted((a, b) => a - b),
      );
      expect(table.size).toBe(table.all().length);
      for (const row of table.all()) expect(table.get(row.uuid)).toBe(row);
    }),
  );
});

test('an index that does not exist is a mistake', () => {
  expect(() => createTable<Item>().by('shape', 'x')).toThrow('no index shape');
});
