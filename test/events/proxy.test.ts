import { expect, test } from 'vitest';
import { proxyFor } from '../../src/events/proxy.ts';

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
