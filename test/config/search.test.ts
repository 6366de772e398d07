import { describe, expect, test } from 'vitest';
import { findConfig } from '../../src/config/search.ts';

describe('the file is looked for', () => {
  const env = { WALDUR_AGENT_CONFIG: '/env.yaml', CONFIGURATION_DIRECTORY: '/etc/a:/etc/b' };
  const systemd = { CONFIGURATION_DIRECTORY: '/etc/a:/etc/b' };
  test.each<[string | undefined, Readonly<Record<string, string>>, readonly string[], string]>([
    ['/option.yaml', env, ['/env.yaml'], '/option.yaml'],
    [undefined, env, ['/etc/a/config.yaml'], '/env.yaml'],
    [undefined, { ...env, WALDUR_AGENT_CONFIG: '' }, ['/etc/a/config.yaml'], '/etc/a/config.yaml'],
    [undefined, systemd, ['/etc/b/config.yaml'], '/etc/b/config.yaml'],
    [undefined, systemd, [], '/etc/waldur-storage-agent/config.yaml'],
    [undefined, {}, [], '/etc/waldur-storage-agent/config.yaml'],
  ])('%s %j %j', (option, variables, files, expected) => {
    expect(findConfig({ option, env: variables, exists: (path) => files.includes(path) })).toBe(expected);
  });
});
