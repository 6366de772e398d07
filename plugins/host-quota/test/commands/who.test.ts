import { expect, it } from 'vitest';
import { parseWho } from '../../commands/who.ts';

it.each([
  ['alice', { subject: 'user', key: 'alice' }],
  ['1000', { subject: 'user', key: 1000 }],
  ['user:alice', { subject: 'user', key: 'alice' }],
  ['group:staff', { subject: 'group', key: 'staff' }],
  ['group:50', { subject: 'group', key: 50 }],
  ['project:100001', { subject: 'project', key: 100_001 }],
  ['subvolume:256', { subject: 'subvolume', key: 256 }],
])('%s', (text, who) => {
  expect(parseWho(text)).toEqual(who);
});

it.each(['-rf', 'project:name', 'subvolume:name', 'group:', 'group:-x', 'robot:1', 'a b', ''])(
  '%j is refused',
  (text) => {
    expect(() => parseWho(text)).toThrow(
      expect.objectContaining({ code: 'HOST_QUOTA_BAD_NAME', disposition: 'terminal' }),
    );
  },
);
