import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Config, OfferingConfig } from '../../src/config/types.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { expectWorking, HASTY, reach, withSite } from './helpers.ts';

/** The same offering, of a backend that cannot be closed. */
function unclosable(offering: OfferingConfig): OfferingConfig {
  const { plugin } = offering;
  const close = () => Promise.reject(new Error('ENOSPC: no space left on device'));
  return { ...offering, plugin: { ...plugin, create: (context) => ({ ...plugin.create(context), close }) } };
}

const withSlowerBackend = (offering: OfferingConfig): OfferingConfig => ({
  ...offering,
  backendLimits: { concurrency: 2, perSecond: undefined },
});

test('a backend that cannot be closed at a reload keeps neither its own offering nor another from its orders', async () => {
  const storage = mkdtempSync(join(tmpdir(), 'waldur-agent-'));
  onTestFinished(() => rmSync(storage, { recursive: true }));
  const tune = ({ offerings: [first], ...config }: Config): Config => {
    if (first === undefined) throw new Error('no offering');
    const settings = { ...(first.settings as object), storage_path: storage };
    return { ...config, offerings: [unclosable(first), { ...first, name: 'other', uuid: FIXTURE.usage, settings }] };
  };
  await withSite({ ...HASTY, tune }, async (site) => {
    const agent = await site.start();
    const offerings = site.config.offerings.map(withSlowerBackend);
    expect(await agent.reload(async () => ({ ...site.config, offerings }))).toBe(
      '0 offerings added, 0 removed, 2 restarted',
    );
    expect(site.logs.join('')).toContain('the offering was not released cleanly');
    const own = site.sandbox.placeOrder({ limits: { storage: 5 } });
    const other = site.sandbox.placeOrder({ offering: FIXTURE.usage, attributes: { storage_limit: 5 } });
    await Promise.all([reach(site, own, 'done'), reach(site, other, 'done')]);
    expectWorking(site, own.resource);
    // The end is no cleaner.
    await expect(site.stop()).rejects.toThrow('ENOSPC');
  });
});
