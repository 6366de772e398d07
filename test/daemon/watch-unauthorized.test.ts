import { expect, test } from 'vitest';
import { watchUnauthorized } from '../../src/daemon/watch-unauthorized.ts';
import { manualClock } from '../fakes/clock.ts';

test('a refused credential is told at most once a minute, and every request is measured', async () => {
  const clock = manualClock();
  const measured: string[] = [];
  let told = 0;
  const metrics = watchUnauthorized(
    {
      waldurRequest: ({ status }) => measured.push(`Waldur ${status}`),
      pluginRequest: ({ status }) => measured.push(`plugin ${status}`),
      backendRequest: () => undefined,
      accountSeen: () => undefined,
    },
    clock,
    () => told++,
  );
  const request = (status: string, operation = 'x') => ({ operation, status, seconds: 0 });
  metrics.waldurRequest(request('200', 'oidc.token'));
  metrics.waldurRequest(request('403', 'oidc.token'));
  // The client of Waldur reads its token again by itself.
  metrics.waldurRequest(request('401'));
  expect(told).toBe(0);
  for (let i = 0; i < 3; i++) metrics.waldurRequest(request('401', 'oidc.token'));
  metrics.pluginRequest({ ...request('401'), plugin: 'x' });
  expect(told).toBe(1);
  await clock.advance(60_000);
  metrics.pluginRequest({ ...request('401'), plugin: 'x' });
  expect(told).toBe(2);
  expect(measured).toHaveLength(8);
});
