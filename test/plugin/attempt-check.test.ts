import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { attemptCheck } from '../../src/plugin/attempt-check.ts';

const { signal } = new AbortController();
const failWith =
  (error: unknown): (() => Promise<never>) =>
  () =>
    Promise.reject(error);

test('what is found gets the name of the check', async () => {
  const found = await attemptCheck('disk', signal, async () => ({ status: 'ok', detail: '5 GB are free' }));
  expect(found).toEqual({ name: 'disk', status: 'ok', detail: '5 GB are free' });
});

test('what is thrown fails the check, with the hint of an error that has one', async () => {
  const hint = 'Write it anew.';
  const wrong = new AgentError('the key is wrong', { code: 'X_KEY', disposition: 'operator', hint });
  expect(await attemptCheck('key', signal, failWith(wrong))).toStrictEqual({
    name: 'key',
    status: 'failed',
    detail: 'the key is wrong',
    hint,
  });
  const plain = new AgentError('no answer', { code: 'X_DOWN', disposition: 'transient' });
  expect(await attemptCheck('server', signal, failWith(plain))).toStrictEqual({
    name: 'server',
    status: 'failed',
    detail: 'no answer',
  });
});

test('a caller that gives up gets its own reason, and no failed check', async () => {
  const aborted = AbortSignal.abort(new Error('shutting down'));
  await expect(attemptCheck('server', aborted, failWith(new Error('socket hang up')))).rejects.toThrow('shutting down');
});
