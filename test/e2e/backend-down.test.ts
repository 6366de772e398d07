import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Config, OfferingConfig } from '../../src/config/types.ts';
import { AgentError } from '../../src/lib/errors.ts';
import type { Backend, Plugin } from '../../src/plugin/contract.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { HASTY, reach, ready, soon, withSite } from './helpers.ts';

/** `hangs`: no call ever returns; `fails`: every call fails at once. */
type Health = 'well' | 'hangs' | 'fails';

interface Sick {
  health: Health;
  calls: number;
  readonly tune: (config: Config) => Config;
}

/** Beside the offering of the site a second one, called `sick`, whose backend does as it is told. */
function sickOffering(storage: string, health: Health): Sick {
  const sick: Sick = {
    health,
    calls: 0,
    tune: (config) => {
      const [well] = config.offerings;
      if (well === undefined) throw new Error('no offering');
      return { ...config, offerings: [well, offering(well)] };
    },
  };
  const offering = (well: OfferingConfig): OfferingConfig => ({
    ...well,
    name: 'sick',
    uuid: FIXTURE.usage,
    settings: { ...well.settings, storage_path: storage },
    components: well.components.slice(0, 1).map((component) => ({ ...component, accountingType: 'usage' as const })),
    plugin: ill(well.plugin, sick),
  });
  return sick;
}

function ill(plugin: Plugin, sick: Sick): Plugin {
  const suffer = (): Promise<void> => {
    sick.calls++;
    if (sick.health === 'hangs') return new Promise(() => undefined);
    if (sick.health === 'well') return Promise.resolve();
    return Promise.reject(new AgentError('the storage is down', { code: 'SICK_DOWN', disposition: 'transient' }));
  };
  const infect = (backend: Backend): Backend => ({
    ...backend,
    check: (signal) => suffer().then(() => backend.check(signal)),
    apply: (action, signal) => suffer().then(() => backend.apply(action, signal)),
    observe: async function* (accounts, signal) {
      await suffer();
      yield* backend.observe(accounts, signal);
    },
  });
  return { ...plugin, create: (context) => infect(plugin.create(context)) };
}

async function pages(port: number): Promise<string> {
  const texts = ['readyz', 'metrics'].map(async (page) => (await fetch(`http://127.0.0.1:${port}/${page}`)).text());
  return (await Promise.all(texts)).join('\n');
}

test.each<[Health]>([['hangs'], ['fails']])(
  'a backend that %s delays no one else, is left alone, and gets its orders when it answers again',
  async (health) => {
    const storage = mkdtempSync(join(tmpdir(), 'waldur-agent-sick-'));
    const sick = sickOffering(storage, health);
    try {
      await withSite({ ...HASTY, agent: 'poll_interval: 1s\n', tune: sick.tune }, async (site) => {
        await ready(site);
        const kept = Array.from({ length: 60 }, () => site.sandbox.placeOrder({ offering: FIXTURE.usage }));
        const others = Array.from({ length: 30 }, () => site.sandbox.placeOrder());
        for (const order of others) await reach(site, order, 'done');
        expect(new Set(kept.map(({ state }) => state))).toEqual(new Set(['pending-provider']));

        await soon(async () => {
          const page = await pages(site.port());
          expect(page).toContain('waldur_agent_backend_paused{offering="sick"} 1');
          expect(page).toMatch(
            /"name":"offering sick","ok":false,"detail":"connected;.* calls: (SICK_DOWN|DEADLINE)".*(not called until|being tried)/,
          );
        });
        // Five failures, those that were on their way, and a few attempts since.
        expect(sick.calls).toBeLessThan(25);

        sick.health = 'well';
        for (const order of kept) await reach(site, order, 'done');
        await soon(async () => {
          expect(await pages(site.port())).toContain('waldur_agent_backend_paused{offering="sick"} 0');
        });
        expect(site.logs.join('\n')).toContain('the offering cannot call its backend');
      });
    } finally {
      rmSync(storage, { recursive: true });
    }
  },
);
