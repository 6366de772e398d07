import { expect, test } from 'vitest';
import { findListen } from '../../src/config/find-listen.ts';

const DEFAULT = { host: '127.0.0.1', port: 9464 };
const env = { HOST: 'localhost', PORT: '80', EMPTY: '' };

test.each([
  ['', DEFAULT],
  ['- a list', DEFAULT],
  ['listen:', DEFAULT],
  ['timezone: UTC', DEFAULT],
  ['listen: 0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
  ['listen: "[::1]:65535"', { host: '::1', port: 65_535 }],
  ['listen: ${env:HOST}:${env:PORT}', { host: 'localhost', port: 80 }],
  ['listen: ${env:HOST:-other}:${env:OTHER:-9}', { host: 'localhost', port: 9 }],
  ['listen: a:1\nofferings: [{ name: "', { host: 'a', port: 1 }],
])('%j listens at %j', (text, expected) => {
  expect(findListen(text, env)).toEqual(expected);
});

test.each([
  'listen: 80',
  'listen: [a, 1]',
  'listen: localhost',
  'listen: localhost:65536',
  'listen: ::1:80',
  'listen: ${env:OTHER}:80',
  'listen: ${env:EMPTY:-a}:80',
  'listen: ${file:/address}',
])('%j does not say where', (text) => {
  expect(findListen(text, env)).toBeUndefined();
});
