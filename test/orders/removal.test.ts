import { describe, expect, it } from 'vitest';
import type { OfferingConfig } from '../../src/config/types.ts';
import { intendRemoval } from '../../src/orders/removal.ts';
import type { Backend, Observed } from '../../src/plugin/contract.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig, RESOURCE, resource } from '../fakes/offering.ts';

const { signal } = new AbortController();
const ABSENT: Observed = { state: 'absent', account: 'acc' };
const FOUND: Observed = {
  state: 'found',
  account: 'acc',
  resource: RESOURCE,
  suspended: false,
  quota: { bytes: null, objects: null },
  keys: [],
  metadata: {},
  endpoints: [],
};

async function intend(observed: Observed, policy: OfferingConfig['policy']) {
  const observe: Backend['observe'] = async function* () {
    yield observed;
  };
  const deps = { offering: offeringConfig({ policy }), backend: { observe } as Backend, log: silentLog() };
  const { actions } = await intendRemoval(
    { ...deps, waldur: undefined as never },
    resource({ backendId: 'acc' }),
    signal,
  );
  return actions.map(({ kind }) => kind);
}

describe('intendRemoval', () => {
  it('deletes also what is absent: something may be left of it', async () => {
    expect(await intend(ABSENT, 'full')).toEqual(['delete-account']);
  });

  it('lets an order about an absent account end where nothing may be deleted', async () => {
    expect(await intend(ABSENT, 'no-delete')).toEqual([]);
    await expect(intend(FOUND, 'no-delete')).rejects.toMatchObject({ code: 'POLICY' });
  });
});
