import { expect, test } from 'vitest';
import { plugin as ironbucket } from '../../plugins/ironbucket-local/index.ts';
import { ENV, fileWith, load } from './load-text.ts';

const problems = (settings: Readonly<Record<string, unknown>>): readonly string[] => {
  const text = fileWith({ backend_type: 'ironbucket-local', backend_settings: settings });
  return load(text, { env: ENV, plugins: [ironbucket] }).diagnostics.map(({ path }) => path.split('/').at(-1) ?? '');
};

test.each(['/srv/s3', '/srv/s3/', '//srv'])('the storage path %s is accepted', (storage_path) => {
  expect(problems({ storage_path })).toEqual([]);
});

test.each(['srv/s3', '/', '//', ''])('the storage path %j is refused', (storage_path) => {
  expect(problems({ storage_path })).toEqual(['storage_path']);
});

test.each(['127.0.0.1:9000', '[::1]:65535', 's3.example.com:0'])('the gateway listens on %s', (listen) => {
  expect(problems({ storage_path: '/srv', listen })).toEqual([]);
});

test.each(['127.0.0.1:70000', '127.0.0.1', ':9000', '127.0.0.1:'])('the address %s is refused', (listen) => {
  expect(problems({ storage_path: '/srv', listen })).toEqual(['listen']);
});
