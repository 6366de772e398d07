import { expect, it } from 'vitest';
import { untilAborted } from '../../src/lib/until-aborted.ts';

it('returns what the work returns', async () => {
  expect(await untilAborted(Promise.resolve('done'), new AbortController().signal)).toBe('done');
});

it('rejects with the reason of the signal while the work goes on', async () => {
  const stop = new AbortController();
  let end: (value: string) => void = () => undefined;
  const work = new Promise<string>((resolve) => {
    end = resolve;
  });
  const waiting = untilAborted(work, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  end('done');
  expect(await work).toBe('done');
});

it('does not wait under a signal that has fired, and takes the failure of the work', async () => {
  const failing = Promise.reject(new Error('failed too'));
  await expect(untilAborted(failing, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
});
