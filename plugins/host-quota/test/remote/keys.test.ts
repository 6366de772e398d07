import { describe, expect, it } from 'vitest';
import type { Route } from '../../../../src/plugin/contract.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { withPeople } from '../../central/keys.ts';
import { signal } from './rig.ts';

const HOLDERS = [
  { name: 'charlie', role: 'admin', key: 'the key of charlie' },
  { name: 'alice', role: 'user', key: 'the key of alice' },
] as const;

function routeOf(role: Route['role'], clock = manualClock()) {
  const handle: Route['handle'] = async ({ person }) => ({ status: 200, body: person?.name ?? null });
  const [route] = withPeople([{ method: 'GET', path: '/api/x', role, handle }], HOLDERS, clock);
  return (authorization?: string, person?: { name: string; isOperator: boolean }) => {
    const request = { params: {}, query: new URLSearchParams(), body: undefined, remoteAddress: '127.0.0.1' };
    const headers = authorization === undefined ? {} : { authorization };
    return route?.handle({ ...request, headers, ...(person && { person }) }, signal);
  };
}

describe('the central API', () => {
  it('is not open on loopback: it needs a login or a key, and the role', async () => {
    const [user, admin] = [routeOf('user'), routeOf('operator')];
    expect(await admin()).toEqual({ status: 401, body: { msg: 'authorization required' } });
    expect(await admin('Bearer the key of alice')).toEqual({ status: 403, body: { msg: 'admin required' } });
    expect(await admin('Bearer the key of charlie')).toEqual({ status: 200, body: 'charlie' });
    expect(await user('the key of alice')).toEqual({ status: 200, body: 'alice' });
    expect(await admin(undefined, { name: 'dora', isOperator: true })).toEqual({ status: 200, body: 'dora' });
    expect(await admin(undefined, { name: 'eve', isOperator: false })).toMatchObject({ status: 403 });
    expect(await routeOf('public')()).toEqual({ status: 200, body: null });
  });

  it('makes who guesses wait, and not who has a key of another role', async () => {
    const clock = manualClock();
    const admin = routeOf('operator', clock);
    for (let n = 0; n < 20; n++) await admin('Bearer the key of alice');
    expect(await admin('Bearer the key of charlie')).toMatchObject({ status: 200 });
    for (let n = 0; n < 10; n++) expect(await admin(`Bearer ${n}`)).toMatchObject({ status: 401 });
    expect(await admin('Bearer the key of charlie')).toMatchObject({ status: 429 });
    await clock.advance(60_000);
    expect(await admin('Bearer the key of charlie')).toMatchObject({ status: 200 });
  });
});
