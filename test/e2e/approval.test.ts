import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order, OrderState } from '../../src/sandbox/model.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { type Gate, openGate } from './gate.ts';
import {
  bucketsOf,
  expectWorking,
  fulfilled,
  HASTY,
  person,
  reach,
  ready,
  requestsAbout,
  settled,
  soon,
  treeOf,
  withSite,
} from './helpers.ts';

describe('an offering whose orders a person approves', () => {
  const manual = { ...HASTY, extra: 'approval: manual' } as const;

  test('waits for that, says so once, and goes on when it was done', () =>
    withSite(manual, async (site) => {
      const offering = site.sandbox.store.offerings.get(FIXTURE.limit);
      if (offering !== undefined) offering.pluginOptions = { enable_provider_consumer_messaging: true };
      await ready(site);
      const order = site.sandbox.placeOrder();
      // However often it is looked at.
      await soon(() => expect(requestsAbout(site, order).length).toBeGreaterThan(4));
      expect(requestsAbout(site, order).filter((request) => !request.startsWith('GET'))).toEqual([
        'POST order set_provider_info',
      ]);
      expect(order).toMatchObject({
        state: 'pending-provider',
        providerMessage: 'Waiting for the provider to approve this order.',
      });
      expect(treeOf(site)).toEqual([]);

      expect(await person(site, order, 'approve')).toBe(true);
      await reach(site, order, 'done');
      expectWorking(site, order.resource);
    }));

  test('waits in silence where there are no messages', () =>
    withSite(manual, async (site) => {
      await ready(site);
      const order = site.sandbox.placeOrder();
      await soon(() => expect(requestsAbout(site, order).length).toBeGreaterThan(4));
      expect(order).toMatchObject({ state: 'pending-provider', providerMessage: '' });
      expect(await person(site, order, 'reject')).toBe(true);
      await settled(site);
      expect([order.state, order.resource.state, treeOf(site)]).toEqual(['rejected', 'Terminated', []]);
    }));
});

/** The answers the agent gets about a create order, in their order; someone else acts after each of them. */
const STEPS = [
  'GET order',
  'GET resource',
  'approve_by_provider',
  'create-account',
  'set_backend_id',
  'issue-key',
  'set_backend_metadata',
  'set_endpoints',
  'set_state_done',
  'GET order again',
] as const;

interface Race {
  readonly site: Site;
  readonly order: Order;
  /** Waldur let the person do it. */
  readonly allowed: boolean;
}

/** Runs a create order during which someone does `action` right after the agent's step number `step`. */
async function race(action: string, step: number, judge: (race: Race) => Promise<void>): Promise<void> {
  let steps = 0;
  let order: Order | undefined;
  let allowed: boolean | undefined;
  let gate: Gate | undefined;
  const site: Site = await openSite({
    tune: async (config) => {
      gate = await openGate(config, async ({ what }) => {
        const isOurs = order && (what.includes(order.uuid) || what.includes(order.resource.uuid));
        if (order === undefined || (!isOurs && !what.startsWith('apply')) || steps++ !== step) return;
        allowed = await person(site, order, action);
      });
      return gate.config;
    },
  });
  try {
    await ready(site);
    order = site.sandbox.placeOrder();
    await soon(() => expect(allowed).toBeDefined());
    await settled(site);
    await judge({ site, order, allowed: allowed === true });
    expect(site.sandbox.invariants()).toEqual([]);
  } finally {
    await site.close();
    gate?.close();
  }
}

describe.each(STEPS.map((name, step) => ({ name, step })))('someone else acts after our step $name:', ({ step }) => {
  const approved = step >= STEPS.indexOf('approve_by_provider');
  const ended = step >= STEPS.indexOf('set_state_done');

  test('approved it', () =>
    race('approve', step, async ({ site, order, allowed }) => {
      expect(allowed).toBe(!approved);
      expect(order.state).toBe('done' satisfies OrderState);
      expectWorking(site, order.resource);
    }));

  test('rejected it', () =>
    race('reject', step, async ({ site, order, allowed }) => {
      expect(allowed).toBe(!approved);
      if (!allowed) return expectWorking(site, order.resource);
      expect([order.state, order.resource.state, treeOf(site)]).toEqual(['rejected', 'Terminated', []]);
    }));

  test('cancelled it, which Waldur does not let them', () =>
    race('cancel', step, async ({ site, order, allowed }) => {
      expect(allowed).toBe(false);
      expect(order.state).toBe('done');
      expectWorking(site, order.resource);
    }));

  test('said that it is done', () =>
    race('done', step, async ({ site, order, allowed }) => {
      expect(allowed).toBe(approved && !ended);
      expect(order.state).toBe('done');
      expectWorking(site, order.resource);
    }));

  test('gave it up', () =>
    race('erred', step, async ({ site, order, allowed }) => {
      expect(allowed).toBe(true);
      expect(order).toMatchObject({ state: 'erred', errorMessage: 'A person gave up.' });
      const { resource } = order;
      if (!approved) return expect([resource.state, treeOf(site)]).toEqual(['Terminated', []]);
      // What was made by then is known to Waldur, and can be ordered away.
      expect(bucketsOf(site)).toEqual([resource.backendId]);
      if (resource.state !== 'Erred') return;
      await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(bucketsOf(site)).toEqual([]);
    }));
});

test('what a person gave up and then retried is finished', () =>
  race('erred', STEPS.indexOf('set_backend_metadata'), async ({ site, order }) => {
    expect(order.resource.state).toBe('Erred');
    expect(await person(site, order, 'retry')).toBe(true);
    await reach(site, order, 'done');
    await settled(site);
    expectWorking(site, order.resource);
  }));

test('what was done, given up by a person and then retried, is done again', () =>
  withSite({}, async (site) => {
    await ready(site);
    const order = await fulfilled(site);
    expect(await person(site, order, 'erred')).toBe(true);
    await settled(site);
    expect(await person(site, order, 'retry')).toBe(true);
    await reach(site, order, 'done');
    await settled(site);
    expectWorking(site, order.resource);
  }));
