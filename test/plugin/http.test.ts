import { expect, it } from 'vitest';
import type { HttpOptions, HttpOutcome } from '../../src/lib/http.ts';
import { pluginHttp } from '../../src/plugin/http.ts';

const outcome: HttpOutcome = { operation: 'users.list', status: '200', seconds: 0.1 };

it('adds who we are and the measurement, and leaves the rest to the plugin', () => {
  const created: HttpOptions[] = [];
  const measured: HttpOutcome[] = [];
  const http = pluginHttp({
    create: (options) => {
      created.push(options);
      return { request: () => Promise.reject(new Error('not called')), close: () => undefined };
    },
    userAgent: 'agent/1.0',
    observe: (seen) => measured.push(seen),
  });
  const own: HttpOutcome[] = [];
  http({ baseUrl: 'https://a.example/', peer: 'A', timeoutMs: 5 });
  http({ baseUrl: 'https://b.example/', peer: 'B', userAgent: 'extra/2', observe: (seen) => own.push(seen) });
  created[0]?.observe?.(outcome);
  created[1]?.observe?.(outcome);

  expect(created[0]).toMatchObject({ baseUrl: 'https://a.example/', peer: 'A', timeoutMs: 5, userAgent: 'agent/1.0' });
  expect(created[1]?.userAgent).toBe('agent/1.0 extra/2');
  expect(measured).toEqual([outcome, outcome]);
  expect(own).toEqual([outcome]);
});
