import { expect, test } from 'vitest';
import { createPlanQuotas } from '../../src/orders/plan-quotas.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { manualClock } from '../fakes/clock.ts';

const signal = new AbortController().signal;
const PLAN = '1'.repeat(32);

test('a plan is read once in ten minutes, and a failure is not remembered', async () => {
  const clock = manualClock();
  let reads = 0;
  const offerings: Partial<Waldur['offerings']> = {
    plan: async (uuid) => {
      if (++reads === 1) throw new Error('down');
      return { uuid, name: 'Standard', quotas: { storage: reads } };
    },
  };
  const quotas = createPlanQuotas({ offerings } as Waldur, clock);
  await expect(quotas(PLAN, signal)).rejects.toThrow('down');
  expect(await Promise.all([quotas(PLAN, signal), quotas(PLAN, signal)])).toEqual([{ storage: 2 }, { storage: 2 }]);
  await clock.advance(600_000);
  expect(await quotas(PLAN, signal)).toEqual({ storage: 3 });
});
