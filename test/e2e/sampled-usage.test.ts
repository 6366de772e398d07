import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run as usageCommand } from '../../src/cli/commands/usage.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { fakeIo } from '../cli/fake-io.ts';
import type { Site } from '../fakes/site.ts';
import { GIB, soon, withSite } from './helpers.ts';
import { fill, QUIET, seed, started } from './metered.ts';

interface Shown {
  readonly metering: string;
  readonly samples: readonly { readonly component: string; readonly quantity: string }[];
  readonly lines: readonly { readonly component: string; readonly measured?: string }[];
}

async function usageOf(site: Site, resource: string): Promise<Shown> {
  const io = { ...fakeIo({ files: { '/work/agent.yaml': site.yaml } }), clock: systemClock };
  const parsed = parseCommandLine(['usage', resource, '--json', '-c', '/work/agent.yaml']);
  if (parsed.kind !== 'command') throw new Error('not a command');
  expect(await usageCommand(parsed.invocation, io)).toBe(EXIT.ok);
  return JSON.parse(io.out()) as Shown;
}

test('GB days of a directory are made of samples that outlive the agent, and agent usage shows them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-state-'));
  const agent = `state: ${join(folder, 'agent.db')}\nsample_interval: 1m\n`;
  try {
    await withSite({ ...QUIET, agent, settings: 'metering: gb_days' }, async (site) => {
      const resource = seed(site, 3);
      const storage = ({ samples }: Shown): readonly string[] =>
        samples.filter(({ component }) => component === 'storage').map(({ quantity }) => quantity);
      await started(site);
      await soon(async () => expect(storage(await usageOf(site, resource.uuid))).toEqual([String(3 * GIB)]));
      await site.stop();
      expect(storage(await usageOf(site, resource.backendId))).toEqual([String(3 * GIB)]);
      fill(site, resource, 4);
      await started(site);
      await soon(async () => expect(storage(await usageOf(site, resource.uuid)).at(-1)).toBe(String(4 * GIB)));
      const shown = await usageOf(site, resource.uuid);
      expect(shown.metering).toBe('gb_days');
      expect(shown.lines.map(({ component }) => component)).toContain('storage');
      site.sandbox.store.resources.change(resource, (row) => {
        row.state = 'Terminated';
      });
      expect(storage(await usageOf(site, resource.uuid)).at(-1)).toBe(String(4 * GIB));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
