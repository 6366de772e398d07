import { expect, test } from 'vitest';
import { onceATurn } from '../../gateway/once-a-turn.ts';

test('asks once for each name in a turn, and again in the next', async () => {
  const asked: string[] = [];
  const turns: (() => void)[] = [];
  const find = onceATurn(
    async (name) => asked.push(name),
    (begin) => turns.push(begin),
  );
  expect(await Promise.all([find('a'), find('a'), find('b')])).toEqual([1, 1, 2]);
  expect(await find('a')).toBe(1);
  expect(turns).toHaveLength(1);

  turns.pop()?.();
  expect(await find('a')).toBe(3);
  expect(asked).toEqual(['a', 'b', 'a']);
  expect(turns).toHaveLength(1);
});

test('the turns are those of the event loop', async () => {
  let moment = 0;
  const find = onceATurn(async () => moment);
  expect(await find('a')).toBe(0);
  moment = 1;
  expect(await find('a')).toBe(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await find('a')).toBe(1);
});
