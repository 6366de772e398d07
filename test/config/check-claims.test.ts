import { describe, expect, test } from 'vitest';
import { plugin as quota } from '../../plugins/host-quota/index.ts';
import { plugin as ironbucket } from '../../plugins/ironbucket-local/index.ts';
import { type Claimed, checkClaims } from '../../src/config/check-claims.ts';
import { ENV, fileWith, load } from './load-text.ts';

const claim = (index: number, kind: Claimed['kind'], value: string): Claimed => ({
  owner: `offering ${index}`,
  path: `/offerings/${index}`,
  setting: 'it',
  kind,
  value,
});

describe('directories', () => {
  test.each([
    ['/srv/s3', '/srv/s3', true],
    ['/srv/s3', '/srv/s3/', true],
    ['/srv/s3', '/srv//./x/../s3', true],
    ['/srv/s3', '/srv/s3/inner', true],
    ['/srv/s3/inner', '/srv/s3', true],
    ['/srv/s3', '/srv/s31', false],
    ['/srv/a', '/srv/b', false],
    ['/srv/a/..', '/srv/b', true],
    ['/../srv', '/srv', true],
    ['/', '/srv', true],
  ])('%s and %s: overlap is %s', (first, second, overlap) => {
    const found = checkClaims([claim(0, 'directory', first), claim(1, 'directory', second)]);
    expect(found.map(({ path }) => path)).toEqual(overlap ? ['/offerings/1/it'] : []);
  });
});

test('claims of one place, or of different kinds, do not collide', () => {
  const listen = claim(0, 'listen-address', '127.0.0.1:1');
  expect(checkClaims([listen, { ...listen, setting: 'other' }])).toEqual([]);
  expect(checkClaims([claim(0, 'directory', '/srv'), claim(1, 'routes', '/srv')])).toEqual([]);
  expect(checkClaims([claim(0, 'routes', '/api'), claim(1, 'routes', '/apis')])).toEqual([]);
});

test.each([
  ['directory', '/srv', 'give each offering a directory of its own, none inside another'],
  ['listen-address', '127.0.0.1:1', 'choose another port'],
  ['routes', '/api', 'run one of them in an agent of its own'],
] as const)('what to do about two claims of a %s is said, by the plugin where it knows better', (kind, value, hint) => {
  const [first, second] = [claim(0, kind, value), claim(1, kind, value)];
  expect(checkClaims([first, second])).toMatchObject([{ severity: 'error', path: '/offerings/1/it', hint }]);
  expect(checkClaims([first, { ...second, hint: 'ask' }])).toMatchObject([{ hint: 'ask' }]);
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1:9000', '127.0.0.1:9000', true],
    ['localhost:9000', '127.0.0.1:9000', true],
    ['0.0.0.0:9000', '10.0.0.1:9000', true],
    ['10.0.0.1:9000', '[::]:9000', true],
    ['10.0.0.1:9000', '10.0.0.2:9000', false],
    ['127.0.0.1:9000', '127.0.0.1:9001', false],
    ['0.0.0.0:9000', '0.0.0.0:9001', false],
    ['Host.example:1', 'host.example:1', true],
    ['[::1]:9000', '[::1]:9000', true],
    ['127.0.0.1:0', '127.0.0.1:0', false],
  ])('%s and %s: clash is %s', (first, second, clash) => {
    const found = checkClaims([claim(0, 'listen-address', first), claim(1, 'listen-address', second)]);
    expect(found).toHaveLength(clash ? 1 : 0);
  });
});

test('two offerings that serve the same routes are both named', () => {
  const settings = { device: '/srv/data', host_id: 'storage1', api_key: '${env:KEY}' };
  const offering = (name: string, end: string, more: object): string => {
    const own = { name, waldur_offering_uuid: '0'.repeat(31).concat(end), backend_type: 'host-quota' };
    return fileWith({ ...own, backend_settings: { ...settings, ...more } });
  };
  const loaded = (more: object) => {
    const second = offering('two', 'b', { device: '/srv/home', ...more }).replace('offerings:\n', '');
    const env = { ...ENV, KEY: 'a key of the host' };
    const { diagnostics } = load(offering('one', 'a', { central: true }) + second, { env, plugins: [quota] });
    return diagnostics.filter(({ severity }) => severity === 'error').map(({ path, message }) => [path, message]);
  };
  const both = (routes: string): string =>
    `the offering "two" and the offering "one" both serve ${routes} on the agent's HTTP server`;
  expect(loaded({ central: true })).toEqual([
    ['/offerings/1/backend_settings/api_key', both('/remote-api')],
    ['/offerings/1/backend_settings/central', both('/api')],
  ]);
  expect(loaded({ api_key: undefined })).toEqual([]);
});

test('two offerings on one directory, or on the port of the agent, are told where they are written', () => {
  const offering = (name: string, uuid: string, settings: object): string =>
    fileWith({ name, waldur_offering_uuid: uuid, backend_type: 'ironbucket-local', backend_settings: settings });
  const first = offering('one', '0'.repeat(31).concat('a'), { storage_path: '/srv/s3', listen: '127.0.0.1:9464' });
  const second = offering('two', '0'.repeat(31).concat('b'), { storage_path: '/srv/s3/two', gateway: false });
  const text = first + second.replace('offerings:\n', '');
  const { config, diagnostics } = load(text, { env: ENV, plugins: [ironbucket] });
  expect(config).toBeUndefined();
  expect(diagnostics.map(({ path, message }) => [path, message])).toEqual([
    ['/offerings/0/backend_settings/listen', 'the agent already listens at this address'],
    [
      '/offerings/1/backend_settings/storage_path',
      'this directory and that of the offering "one" overlap: two writers would destroy each other\'s data',
    ],
  ]);
});
