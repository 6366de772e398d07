import { expect, it } from 'vitest';
import { canSharePort, rolesOf } from '../../thread/roles.ts';

it('threads are alike where they can share an address', () => {
  expect(rolesOf(1, false)).toEqual([{ listens: true, index: 0 }]);
  expect(rolesOf(3, true)).toEqual([
    { listens: true, index: 0 },
    { listens: true, index: 1 },
    { listens: true, index: 2 },
  ]);
});

it('elsewhere one takes all connections, and the others store', () => {
  expect(rolesOf(3, false)).toEqual([
    { listens: true, index: -1 },
    { listens: false, index: 0 },
    { listens: false, index: 1 },
  ]);
});

it.each([
  ['linux', '20.20.2', false],
  ['linux', '22.11.0', false],
  ['linux', '22.12.0', true],
  ['linux', '23.0.0', false],
  ['linux', '23.1.0', true],
  ['linux', '24.22.3', true],
  ['darwin', '24.22.3', false],
])('%s with Node %s can share: %s', (platform, version, can) => expect(canSharePort(platform, version)).toBe(can));
