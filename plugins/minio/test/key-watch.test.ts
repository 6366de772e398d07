import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { action, create, observe, type Site, signal, startSite } from './lab.ts';

let site: Site;
let backend: Backend;
beforeEach(async () => {
  site = await startSite();
  backend = site.open();
});
afterEach(() => site.close());

describe('keys of many accounts', () => {
  const names = Array.from({ length: 60 }, (_, index) => `waldur_many_one_${String(index).padStart(8, '0')}`);
  const works = async (name: string): Promise<boolean | undefined> => {
    const all = await observe(backend, names);
    const one = all.find(({ account }) => account === name);
    return one?.state === 'found' ? one.keys[0]?.works : undefined;
  };
  const turnOff = (name: string, enabled: boolean): void => {
    const { serviceAccounts } = site.emulator.state;
    for (const [id, key] of serviceAccounts) if (key.parent === name) serviceAccounts.set(id, { ...key, enabled });
  };

  it('that were switched off are noticed within two turns, though no listing says so', async () => {
    for (const name of names) {
      await backend.apply(create(undefined, {}, name), signal);
      await backend.apply(action({ kind: 'issue-key' }, name), signal);
    }
    const [job] = backend.jobs ?? [];
    const last = names.at(-1) ?? '';
    turnOff(last, false);
    expect(await works(last)).toBe(true);
    await job?.run(signal);
    // A few in each run, so that a site with many does not derive keys all the time.
    expect(await works(last)).toBe(true);
    const before = site.deriver.keys();
    await job?.run(signal);
    expect(await works(last)).toBe(false);
    expect(await works(names[0] ?? '')).toBe(true);
    // 50 here and 50 at the server, and two listings.
    expect(site.deriver.keys() - before).toBeLessThan(120);
    turnOff(last, true);
    await job?.run(signal);
    await job?.run(signal);
    expect(await works(last)).toBe(true);
  });
});
