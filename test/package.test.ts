import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
let packed: readonly string[];

beforeAll(() => {
  const argv = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [listed] = JSON.parse(execFileSync('npm', argv, { encoding: 'utf8' })) as [{ files: { path: string }[] }];
  packed = listed.files.map(({ path }) => path);
});

test('the package has everything it promises, and no sandbox', () => {
  const promised = [...Object.values(manifest.bin), ...Object.values(manifest.exports).flatMap(Object.values)];
  for (const path of promised) expect(packed).toContain(path.replace(/^\.\//, ''));
  for (const path of ['systemd/install', 'config/config.schema.json']) {
    expect(packed).toContain(path);
  }
  expect(packed.filter((path) => /\/sandbox\/|\/test\//.test(path))).toEqual([]);
});

test('a plugin outside may import what the ones inside do', () => {
  const names = Object.keys(manifest.exports);
  expect(names).toEqual(expect.arrayContaining(['./plugin', './naming', './units', './s3', './conformance']));
});

test('packing a clone builds it first', () => {
  expect(manifest.scripts['prepack']).toContain('run -s build');
  expect(readFileSync('.npmrc', 'utf8')).not.toMatch(/^ignore-scripts=true/m);
});

test('no dependency runs a script when it is installed', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
  };
  expect(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
});

test('every licence of what is installed is one that was agreed to', () => {
  const text = execFileSync(process.execPath, ['.ci/licences.mjs'], { encoding: 'utf8' });
  expect(text).toMatch(/^axios \S+: MIT$/m);
});
