import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLinuxDriver } from '../../devices/linux/driver.ts';
import type { Device } from '../../devices/types.ts';
import { createWriter, type Writer } from '../../devices/writer.ts';
import { createFakeHost, type FakeHost } from '../fake-tools.ts';

const { signal } = new AbortController();

interface Rig {
  readonly host: FakeHost;
  readonly writer: Writer;
  readonly device: Device;
}

async function rig(fstype: 'ext4' | 'xfs' = 'ext4'): Promise<Rig> {
  const host = createFakeHost(fstype);
  const driver = createLinuxDriver(host);
  const [device] = await driver.devices(signal);
  if (device === undefined) throw new Error('there is no device');
  return { host, device, writer: createWriter(driver, signal) };
}

describe('setting limits', () => {
  it('keeps those that a request does not name', async () => {
    const { host, writer, device } = await rig();
    host.change('-u', 1000, { blockSoft: 10n, blockHard: 20n });
    const { after } = await writer.write({ device, subject: 'user', id: 1000, limits: { inodeHard: 5n } });
    expect(after).toMatchObject({ blockSoft: 10n, blockHard: 20n, inodeSoft: 0n, inodeHard: 5n });
  });

  it('lets two requests for one id at once both survive', async () => {
    const { host, writer, device } = await rig();
    await Promise.all([
      writer.write({ device, subject: 'user', id: 1000, limits: { blockHard: 20n } }),
      writer.write({ device, subject: 'user', id: 1000, limits: { inodeHard: 5n } }),
    ]);
    expect(host.row('-u', 1000)).toMatchObject({ blockHard: 20n, inodeHard: 5n });
  });

  it('writes 200 at once in one process, between two reports', async () => {
    const { host, writer, device } = await rig();
    const ids = Array.from({ length: 200 }, (_, index) => 1000 + index);
    const written = await Promise.all(
      ids.map((id) => writer.write({ device, subject: 'user', id, limits: { blockHard: BigInt(id) } })),
    );
    expect(written.every(({ changed, after }) => changed && after.blockHard === BigInt(after.id))).toBe(true);
    expect(host.calls.map((call) => call.split(' ')[0])).toEqual(['repquota', 'setquota', 'repquota']);
  });

  it('starts no process for what is so already', async () => {
    const { host, writer, device } = await rig();
    host.change('-u', 1000, { blockHard: 20n });
    const { changed } = await writer.write({ device, subject: 'user', id: 1000, limits: { blockHard: 20n } });
    expect(changed).toBe(false);
    expect(host.calls.filter((call) => call.startsWith('setquota'))).toEqual([]);
  });

  it('takes what XFS rounds up for what was asked', async () => {
    const { writer, device } = await rig('xfs');
    const { after } = await writer.write({ device, subject: 'user', id: 1000, limits: { blockHard: 30n } });
    expect(after.blockHard).toBe(32n);
    const again = await writer.write({ device, subject: 'user', id: 1000, limits: { blockHard: 30n } });
    expect(again.changed).toBe(false);
  });

  it('refuses a soft limit above the hard one before any command changes something', async () => {
    const { host, writer, device } = await rig();
    const limits = { blockSoft: 50n, blockHard: 10n };
    await expect(writer.write({ device, subject: 'user', id: 1000, limits })).rejects.toMatchObject({
      code: 'HOST_QUOTA_BAD_LIMIT',
      disposition: 'terminal',
    });
    await expect(writer.write({ device, subject: 'user', id: 1000, limits: { inodeHard: -1n } })).rejects.toMatchObject(
      { code: 'HOST_QUOTA_BAD_LIMIT' },
    );
    expect(host.calls.some((call) => call.startsWith('setquota'))).toBe(false);
  });

  it('finds out by reading back that a success changed nothing', async () => {
    const { host, writer, device } = await rig('xfs');
    host.fail('setquota', { code: 0, stdout: '', stderr: '' });
    await expect(writer.write({ device, subject: 'user', id: 1000, limits: { blockHard: 10n } })).rejects.toMatchObject(
      { code: 'HOST_QUOTA_NOT_KEPT', disposition: 'operator' },
    );
  });

  it('tells one id of a batch why it failed, and sets the others', async () => {
    const { host, writer, device } = await rig();
    const huge = 2n ** 53n - 1n;
    host.garble(1001);
    host.change('-u', 1001, { usedBytes: 1n });
    const results = await Promise.allSettled([
      writer.write({ device, subject: 'user', id: 1000, limits: { blockHard: 10n } }),
      writer.write({ device, subject: 'user', id: 1001, limits: { blockHard: 10n } }),
      writer.write({ device, subject: 'user', id: 1002, limits: { blockHard: huge } }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'HOST_QUOTA_UNREADABLE' } });
  });

  it('goes on after a round that failed', async () => {
    const { host, writer, device } = await rig();
    host.fail('repquota', { code: 1, stdout: '', stderr: 'repquota: Operation not permitted\n' });
    const write = () => writer.write({ device, subject: 'user', id: 1000, limits: { blockHard: 10n } });
    await expect(write()).rejects.toMatchObject({ code: 'HOST_QUOTA_TOOL_FAILED', disposition: 'operator' });
    host.fail('repquota', undefined);
    await expect(write()).resolves.toMatchObject({ changed: true });
  });

  it('ends where the last request for each limit left it, in any order of asking', async () => {
    const change = fc.record({
      id: fc.integer({ min: 1000, max: 1003 }),
      limits: fc.oneof(
        fc.record({ blockHard: fc.bigInt({ min: 0n, max: 999n }) }),
        fc.record({ inodeHard: fc.bigInt({ min: 0n, max: 999n }) }),
      ),
      turn: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 20 }), async (changes) => {
        const { host, writer, device } = await rig();
        const expected = new Map<number, object>();
        const waiting: Promise<unknown>[] = [];
        for (const { id, limits, turn } of changes) {
          expected.set(id, { ...expected.get(id), ...limits });
          waiting.push(writer.write({ device, subject: 'user', id, limits }));
          if (turn) await Promise.resolve();
        }
        await Promise.all(waiting);
        for (const [id, limits] of expected) expect(host.row('-u', id)).toMatchObject(limits);
      }),
      { numRuns: 100 },
    );
  });
});
