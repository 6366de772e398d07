import { expect, test } from 'vitest';
import { ENV, fileWith, shown } from './load-text.ts';

test('a broker without TLS is warned of only when it is used, and Waldur itself is reached by TLS', () => {
  const warning = 'the token crosses the network unencrypted, to ws://waldur.example.com/rmqws-stomp';
  const used = { stomp_enabled: true, websocket_use_tls: false };
  expect(shown(fileWith(used), { env: ENV })).toContain(warning);
  expect(shown(fileWith({ ...used, stomp_enabled: false }), { env: ENV })).toBe('');
  expect(shown(fileWith({ ...used, websocket_use_tls: true }), { env: ENV })).toBe('');
  const plain = shown(fileWith({ ...used, waldur_api_url: 'http://waldur.example.com/api/' }), { env: ENV });
  expect(plain).toContain('use https');
  expect(plain).not.toContain(warning);
});
