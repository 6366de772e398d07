import { expect, test } from 'vitest';
import type { Log } from '../../src/lib/log.ts';
import { boundMetadata } from '../../src/plugin/bound-metadata.ts';
import type { Backend, Found, Observed } from '../../src/plugin/contract.ts';

const found = (account: string, text: string): Found => ({
  state: 'found',
  account,
  resource: undefined,
  suspended: false,
  quota: { bytes: null, objects: null },
  keys: [{ id: 'K', works: true }],
  metadata: { text },
  endpoints: [],
});

test('metadata of more than 64 KiB is left out and named in the log; all else of the account and of the others stays', async () => {
  const lines: unknown[] = [];
  const warn: Log['warn'] = (fields) => lines.push(fields);
  const envelope = '{"text":""}'.length;
  const small = found('small', 'x'.repeat(65_536 - envelope));
  // Two bytes each.
  const large = found('large', 'é'.repeat(32_768));
  const absent: Observed = { state: 'absent', account: 'gone' };
  const observe = async function* (): AsyncGenerator<Observed> {
    yield* [large, small, absent];
  };
  const backend = boundMetadata({ observe } as unknown as Backend, { warn } as unknown as Log);
  const seen: Observed[] = [];
  for await (const observed of backend.observe('all', new AbortController().signal)) seen.push(observed);
  expect(seen).toEqual([{ ...large, metadata: {} }, small, absent]);
  expect(lines).toEqual([{ account: 'large', bytes: 65_536 + envelope, most: 65_536 }]);
});
