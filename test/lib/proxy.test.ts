import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proxyFor, proxyName } from '../../src/lib/proxy.ts';

const WSS = 'wss://waldur.example/rmqws-stomp';
const PROXY = 'http://proxy:3128';

test.each<[string, string | undefined, Record<string, string>, string | undefined]>([
  [WSS, undefined, { HTTPS_PROXY: PROXY }, undefined],
  [WSS, 'http://mine:1', { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, 'http://mine:1'],
  [WSS, 'env', {}, undefined],
  [WSS, 'env', { HTTPS_PROXY: PROXY }, PROXY],
  [WSS, 'env', { https_proxy: 'proxy:3128' }, PROXY],
  [WSS, 'env', { HTTP_PROXY: PROXY }, undefined],
  ['ws://waldur.example/ws', 'env', { HTTP_PROXY: PROXY }, PROXY],
  [WSS, 'env', { ALL_PROXY: PROXY }, PROXY],
  [WSS, 'env', { ALL_PROXY: PROXY, NO_PROXY: 'localhost, WALDUR.example' }, undefined],
  [WSS, 'env', { ALL_PROXY: PROXY, NO_PROXY: 'example' }, PROXY],
  [WSS, 'env', { ALL_PROXY: PROXY, NO_PROXY: '.example' }, undefined],
  [WSS, 'env', { ALL_PROXY: PROXY, NO_PROXY: '*.example' }, undefined],
  [WSS, 'env', { ALL_PROXY: PROXY, NO_PROXY: '*' }, undefined],
  [WSS, 'env', { ALL_PROXY: PROXY, NO_PROXY: 'waldur.example:443' }, undefined],
  [WSS, 'env', { ALL_PROXY: PROXY, NO_PROXY: 'waldur.example:8443' }, PROXY],
])('%s, configured %s, %j', (url, configured, env, expected) => {
  expect(proxyFor(url, configured, env)).toBe(expected);
});

/** One matcher for both: what keeps the REST API off the proxy keeps the broker off it. */
test.each([
  ['127.0.0.0/8', true],
  ['localhost', true],
  ['127.0.0.1.', true],
  ['::1', true],
  ['[::1]:8080', true],
  ['127.0.0.1:8080', true],
  ['127.0.0.1:80', false],
  ['10.0.0.0/8', false],
  ['127.0.0.0/99', false],
  ['127.0.0.0/', false],
  ['example.org', false],
])('NO_PROXY=%s on loopback', (list, direct) => {
  for (const scheme of ['http', 'https', 'ws', 'wss']) {
    const url = `${scheme}://127.0.0.1:8080/`;
    expect(proxyFor(url, 'env', { ALL_PROXY: PROXY, NO_PROXY: list })).toBe(direct ? undefined : PROXY);
  }
});

test.each([
  ['fd00::/8', 'http://[fd12:0:0::1]/', true],
  ['[fd00::]/8', 'http://[fd12::1]/', true],
  ['fd12:0000::1', 'http://[fd12::1]/', true],
  ['fd00::/8', 'http://[fe80::1]/', false],
  ['192.168.0.0/16', 'http://192.168.7.1/', true],
  ['192.168.0.0/16', 'http://name.example/', false],
])('NO_PROXY=%s for %s', (list, url, direct) => {
  expect(proxyFor(url, 'env', { http_proxy: PROXY, no_proxy: list }) === undefined).toBe(direct);
});

test('no list throws, and the scheme does not matter', () => {
  fc.assert(
    fc.property(fc.string(), fc.domain(), (list, host) => {
      const env = { ALL_PROXY: PROXY, NO_PROXY: list };
      expect(proxyFor(`https://${host}/`, 'env', env)).toBe(proxyFor(`wss://${host}/`, 'env', env));
    }),
  );
});

test('a proxy is named without its login', () => {
  expect(proxyName('http://user:secret@proxy:3128')).toBe('proxy:3128');
  expect(proxyName('nonsense')).toBe('the configured proxy');
});
