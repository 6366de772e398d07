import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { MOCK_KEYS, type MockSite, startMockSite } from '../../mock/mock-site.ts';
import { mustBeDescribed } from './described.ts';
import { signal } from './rig.ts';

let site: MockSite;
afterEach(() => site.close());

async function get(path: string, key?: string): Promise<{ status: number; body: unknown }> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const answer = await fetch(`http://127.0.0.1:${site.ports['central']}/api${path}`, { headers });
  const body: unknown = await answer.json();
  mustBeDescribed('GET', `/api${path}`, answer.status, body);
  return { status: answer.status, body };
}

describe('the made-up site', () => {
  it('shows all four hosts to the administrator, and to others only what is mapped to them', async () => {
    site = await startMockSite(0, systemClock, silentLog(), signal);
    const { body } = await get('/quotas', MOCK_KEYS.admin);
    expect(Object.keys(body as object)).toEqual(['host1', 'host2', 'host3', 'host4']);
    expect(JSON.stringify(body)).not.toContain('error');
    expect(await get('/quotas', MOCK_KEYS.user)).toEqual({ status: 403, body: { msg: 'admin required' } });
    expect((await get('/quotas')).status).toBe(401);
    expect((await get('/health')).status).toBe(200);
    expect(await get('/me', MOCK_KEYS.user)).toEqual({ status: 200, body: { name: 'alice', is_admin: false } });
    const own = (await get('/me/quotas', MOCK_KEYS.user)).body as Record<string, unknown>;
    expect(Object.keys(own)).toEqual(['host1|alice', 'host2|alice', 'host3|alice', 'host4|alice']);
    expect(JSON.stringify(own)).not.toContain('bob');
  });
});
