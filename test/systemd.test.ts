import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const unit = readFileSync('systemd/waldur-storage-agent.service', 'utf8');
const site = readFileSync('systemd/site.conf.example', 'utf8');

const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

test('the memory the unit may use is well above the bound of the heap', () => {
  const heapMiB = Number(/--max-old-space-size=(\d+)/.exec(setting('ExecStart'))?.[1]);
  expect(setting('MemoryMax')).toBe('1G');
  expect(heapMiB).toBeGreaterThan(0);
  expect(heapMiB).toBeLessThanOrEqual(1024 / 2);
});

test('nothing in the drop-in of the site is active before someone decides', () => {
  expect(site.match(/^[A-Z]\w+=/gm)).toBeNull();
});

test('a host with quotas has the capabilities that were tried on one, and no more', () => {
  const lines = readFileSync('systemd/host-quota.conf', 'utf8').match(/^[A-Z]\w*Capabilit\w+=.*|^Capabilit\w+=.*/gm);
  expect(lines).toEqual([
    'CapabilityBoundingSet=',
    'CapabilityBoundingSet=CAP_SYS_ADMIN CAP_CHOWN CAP_DAC_READ_SEARCH',
  ]);
});

describe('systemd/install', () => {
  let checkout: string;
  let root: string;

  const install = (): ReturnType<typeof spawnSync> =>
    spawnSync(join(checkout, 'systemd/install'), { env: { ...process.env, DESTDIR: root }, encoding: 'utf8' });
  const installed = (path: string): string => readFileSync(join(root, path), 'utf8');

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'install-'));
    checkout = join(root, 'checkout');
    for (const path of ['dist', 'systemd', 'config', 'package.json', 'LICENSE'])
      cpSync(path, join(checkout, path), { recursive: true });
    symlinkSync(resolve('node_modules'), join(checkout, 'node_modules'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test('installs everything, and does not start what is not configured', () => {
    const { status, stderr } = install();
    expect([status, stderr]).toEqual([78, expect.stringContaining('Installed, but not started:')]);
    expect(installed('etc/systemd/system/waldur-storage-agent.service')).toContain(`ExecStart=${process.execPath} `);
    expect(installed('etc/systemd/system/waldur-storage-agent.service.d/site.conf')).toBe(site);
    expect(installed('usr/local/share/man/man8/agent.8')).toContain('.TH "AGENT" "8"');
    expect(installed('usr/local/share/man/man5/agent.yaml.5')).toContain('.TH "AGENT.YAML" "5"');
    expect(existsSync(join(root, 'etc/waldur-storage-agent/config.schema.json'))).toBe(true);
  });

  test('again, with a configuration and a token, it is content and keeps both; every diagnostic finds the token', () => {
    const etc = join(root, 'etc/waldur-storage-agent');
    const text = readFileSync('config/croit-s3.example.yaml', 'utf8').replaceAll(
      /\$\{credential:[\w-]+\}/g,
      '${credential:waldur-token}',
    );
    writeFileSync(join(etc, 'config.yaml'), text);
    writeFileSync(join(etc, 'waldur-token'), '0123456789abcdef0123456789abcdef01234567\n', { mode: 0o600 });
    const { status, stderr } = install();
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(etc, 'config.yaml'), 'utf8')).toBe(text);
    const agent = join(root, 'usr/lib/waldur-storage-agent/dist/src/cli/main.js');
    const { CREDENTIALS_DIRECTORY: _, ...env } = process.env;
    const valid = execFileSync(process.execPath, [agent, 'validate', '-c', join(etc, 'config.yaml')], { env });
    expect(valid.toString()).toContain('is valid');
  });
});
