import { expect, test } from 'vitest';
import { openSite } from '../fakes/site.ts';

test('a rejected configuration shows in the status until another one is taken over', async () => {
  const site = await openSite({ stomp: false });
  try {
    const agent = await site.start();
    const [offering] = site.config.offerings;
    if (offering === undefined) throw new Error('no offering');
    expect(agent.status()).toBe('0/1 offerings connected, 0 busy');
    await expect(agent.reload(() => Promise.reject(new Error('unreadable')))).rejects.toThrow('unreadable');
    const restart = { ...site.config, concurrency: 1 };
    await expect(agent.reload(async () => restart)).rejects.toThrow('concurrency can only change with a restart');
    expect(agent.status()).toBe('0/1 offerings connected, 0 busy; the changed configuration was rejected');
    expect(await agent.reload(async () => site.config)).toBe('0 offerings added, 0 removed, 0 restarted');
    expect(agent.status()).toBe('0/1 offerings connected, 0 busy');
    const renamed = { ...site.config, offerings: [{ ...offering, name: 'other' }], drainMs: 5 };
    expect(await agent.reload(async () => renamed)).toBe('0 offerings added, 0 removed, 1 restarted');
    expect(agent.drainMs()).toBe(5);
    await agent.drain();
    const empty = { ...site.config, offerings: [] };
    expect(await agent.reload(async () => empty)).toMatch(/^stopped before/);
  } finally {
    await site.close();
  }
});
