import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildTests } from './build-tests.ts';

/** Orders of a Waldur carried out on file systems whose quotas a kernel enforces. Each program prints what it found. */

beforeAll(buildTests);

const PATIENCE_MS = 240_000;

describe.concurrent('quotas are enforced, raised, repaired, measured and cleared', () => {
  test.each([
    ['ext4 and XFS', 28, ['test/labs/uml.sh', 'test/labs/quota/guest.sh']],
    ['the pages about ext4 and XFS', 28, ['test/labs/uml.sh', 'test/labs/quota/pages.sh']],
    ['the page about btrfs', 6, ['test/labs/btrfs.sh', 'test/labs/quota/pages-btrfs.sh']],
    ['the page about ZFS', 3, ['test/labs/zfs.sh', 'test/labs/quota/pages-zfs.sh']],
    ['ZFS', 5, ['test/labs/zfs.sh', 'node', 'dist/test/labs/quota/zfs.js']],
    ['Docker', 6, ['test/labs/dockerd.sh', 'node', 'dist/test/labs/quota/docker.js']],
    ['the capabilities of the unit', 11, ['test/labs/uml.sh', 'test/labs/quota/capabilities.sh']],
    ['the audit log of a real auditd', 5, ['test/labs/uml.sh', 'test/labs/quota/audit.sh']],
    ['btrfs', 6, ['test/labs/btrfs.sh', 'node', 'dist/test/labs/quota/btrfs.js']],
  ] as const)('on %s', { timeout: PATIENCE_MS }, async (_, steps, command) => {
    const lines = await run(command);
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([]);
    expect(lines).toHaveLength(steps);
  });
});

async function run([program, ...args]: readonly [string, ...string[]]): Promise<readonly string[]> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  const [code] = (await exit) as [unknown];
  return code === 0 ? lines : [...lines, `${program} ended with ${String(code)}`];
}
