import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run as reportCommand } from '../../src/cli/commands/report.ts';
import { EXIT, type ExitCode } from '../../src/cli/exit-codes.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { fakeIo } from '../cli/fake-io.ts';
import type { Site } from '../fakes/site.ts';
import { withSite } from './helpers.ts';
import { fill, QUIET, report, seed, started } from './metered.ts';

describe('agent report', () => {
  /** A bucket for each thing there is to say about one, after a first report of all but the new one. */
  async function variety(site: Site): Promise<Readonly<Record<string, string>>> {
    const [same, grown, shrunk, gone] = [seed(site, 1), seed(site, 1), seed(site, 2), seed(site, 1)] as const;
    await report(site, await started(site));
    await site.stop();
    fill(site, grown, 3.5);
    fill(site, shrunk, 0.5);
    rmSync(join(site.storage, gone.backendId), { recursive: true });
    const fresh = seed(site, 1);
    const of = { unchanged: same, changed: grown, guarded: shrunk, unreadable: gone, new: fresh };
    site.sandbox.journal.clear();
    return Object.fromEntries(Object.entries(of).map(([status, { uuid }]) => [uuid, status]));
  }

  async function command(site: Site, ...flags: string[]): Promise<{ readonly code: ExitCode; readonly out: string }> {
    const io = { ...fakeIo({ files: { '/work/agent.yaml': site.yaml } }), clock: systemClock };
    const parsed = parseCommandLine(['report', ...flags, '-c', '/work/agent.yaml']);
    if (parsed.kind !== 'command') throw new Error('not a command');
    return { code: await reportCommand(parsed.invocation, io), out: io.out() };
  }

  const guarded = { ...QUIET, extra: 'allow_decrease: false' } as const;
  const sent = ({ sandbox }: Site): number =>
    sandbox.journal.entries(0, 'http').filter(({ method }) => method !== 'GET').length;

  test('--dry-run says what would be sent of each resource and why, and sends nothing', () =>
    withSite(guarded, async (site) => {
      const expected = await variety(site);
      const { code, out } = await command(site, '--dry-run', '--json');
      expect(code).toBe(EXIT.ok);
      const [offering] = (JSON.parse(out) as { offerings: { lines: Record<string, string>[]; summary: object }[] })
        .offerings;
      const storage = offering?.lines.filter(({ component }) => component === 'storage') ?? [];
      expect(Object.fromEntries(storage.map(({ resource, status }) => [resource, status]))).toEqual(expected);
      const amounts = storage.map(({ status, recorded: before, measured }) => [status, before, measured]);
      expect(amounts.toSorted(([a = ''], [b = '']) => a.localeCompare(b))).toEqual([
        ['changed', '1.00', '3.50'],
        ['guarded', '2.00', '0.50'],
        ['new', undefined, '1.00'],
        ['unchanged', '1.00', '1.00'],
        ['unreadable', '1.00', undefined],
      ]);
      expect(offering?.summary).toEqual({ submitted: 2, unchanged: 2, missing: 1, failed: 0, guarded: 1, lost: 0 });
      expect(sent(site)).toBe(0);
    }));

  test('--dry-run is a table for a person, and tells a script that there is something to do', () =>
    withSite(guarded, async (site) => {
      await variety(site);
      const { code, out } = await command(site, '--dry-run', '--exit-code');
      expect(code).toBe(EXIT.differences);
      for (const words of [
        /storage +1\.00 +3\.50 GB +\+2\.50 +changed/,
        /storage +2\.00 +0\.50 GB +-1\.50 +guarded: it would decrease, not sent/,
        /storage +– +1\.00 GB +new: Waldur has nothing for this month/,
        /storage +1\.00 +1\.00 GB +0\.00 +unchanged, not sent/,
        /storage +1\.00 +– +unreadable, not sent/,
        /2 resources would be reported, 2 unchanged, 1 unreadable, 0 refused, 1 component guarded\. Nothing was sent\./,
      ]) {
        expect(out).toMatch(words);
      }
      expect(sent(site)).toBe(0);
    }));

  test('sends what the dry run said, and then there is nothing left to do', () =>
    withSite(guarded, async (site) => {
      await variety(site);
      expect((await command(site)).out).toContain('2 resources reported, 2 unchanged, 1 unreadable');
      expect(sent(site)).toBe(2);
      expect((await command(site, '--dry-run', '--exit-code')).code).toBe(EXIT.ok);
    }));

  test('a month that is over is refused where only the present can be measured', () =>
    withSite(guarded, async (site) => {
      await variety(site);
      const { code, out } = await command(site, '--dry-run', '--period', '2025-01');
      expect(code).toBe(EXIT.failed);
      expect(out).toContain('the usage of 2025-01 cannot be measured any more');
      expect(out).not.toContain('would be reported');
    }));

  test('a storage that is gone is said, and the exit code says so, too', () =>
    withSite(guarded, async (site) => {
      await variety(site);
      renameSync(site.storage, `${site.storage}.away`);
      const { code, out } = await command(site, '--dry-run');
      renameSync(`${site.storage}.away`, site.storage);
      expect(code).toBe(EXIT.unavailable);
      expect(out).toMatch(/the storage at .* is not there.*\n +Is the file system mounted\?/);
      expect(out).toContain('0 resources would be reported, 0 unchanged, 5 unreadable');
    }));
});
