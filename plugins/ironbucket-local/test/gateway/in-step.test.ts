import { expect, test } from 'vitest';
import { inStep } from '../../gateway/in-step.ts';
import type { Allowed } from '../../gateway/perform.ts';

const request = (key: string): Allowed => ({ key }) as Allowed;

test('what comes in a turn begins together in the next one, and does each step together', async () => {
  const steps: string[] = [];
  const turns: (() => void)[] = [];
  const perform = inStep(
    async ({ key }) => {
      steps.push(`${key} 1`);
      await Promise.resolve();
      steps.push(`${key} 2`);
      return { status: 200 };
    },
    (begin) => turns.push(begin),
  );
  const answers = [perform(request('a')), perform(request('b'))];
  await Promise.resolve();
  expect(steps).toEqual([]);
  expect(turns).toHaveLength(1);

  turns.pop()?.();
  expect(await Promise.all(answers)).toEqual([{ status: 200 }, { status: 200 }]);
  expect(steps).toEqual(['a 1', 'b 1', 'a 2', 'b 2']);

  const later = perform(request('c'));
  turns.pop()?.();
  await later;
  expect(steps.at(-1)).toBe('c 2');
});

test('the turns are those of the event loop, and what is thrown comes through', async () => {
  const failure = new Error('broken');
  const perform = inStep(async () => {
    throw failure;
  });
  await expect(perform(request('a'))).rejects.toBe(failure);
});
