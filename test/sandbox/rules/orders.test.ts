import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ORDER_STATES, ORDER_TYPES, type OrderState, RESOURCE_STATES } from '../../../src/sandbox/model.ts';
import {
  accepts,
  nextState,
  ORDER_ACTIONS,
  providerMustReview,
  VALID_STATES,
} from '../../../src/sandbox/rules/order-state.ts';
import { resourceAfter, resourceDuring, resourceOnRetry } from '../../../src/sandbox/rules/outcome.ts';
import { updateKind } from '../../../src/sandbox/rules/update-kind.ts';

const approval = fc.record({
  projectStarted: fc.boolean(),
  startsLater: fc.boolean(),
  providerMustReview: fc.boolean(),
});
const action = fc.constantFrom(...ORDER_ACTIONS);
const state = fc.constantFrom(...ORDER_STATES);

/** The arrows of the state diagram; `set_state_erred` leads from anywhere. */
const ARROWS: Readonly<Record<OrderState, readonly OrderState[]>> = {
  'pending-consumer': [
    'pending-project',
    'pending-start-date',
    'pending-provider',
    'executing',
    'rejected',
    'canceled',
  ],
  'pending-provider': ['executing', 'pending-start-date', 'rejected', 'canceled'],
  'pending-project': ['pending-provider', 'pending-start-date', 'executing'],
  'pending-start-date': ['executing'],
  executing: ['done', 'canceled'],
  erred: ['executing'],
  done: [],
  canceled: [],
  rejected: [],
};

describe('order states', () => {
  test('no walk takes an arrow that is not drawn', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(action, approval), { maxLength: 30 }), (walk) => {
        let at: OrderState = 'pending-consumer';
        for (const [step, how] of walk) {
          const to = nextState(step, at, how);
          if (to === undefined) continue;
          if (to !== 'erred') expect(ARROWS[at]).toContain(to);
          at = to;
        }
      }),
    );
  });

  test('what is refused is refused for its state alone', () => {
    fc.assert(
      fc.property(action, state, approval, (step, at, how) => {
        expect(nextState(step, at, how) === undefined).toBe(!accepts(step, at));
      }),
    );
    expect(VALID_STATES.set_state_erred).toEqual([]);
  });

  test('nothing leaves done, canceled and rejected but an error', () => {
    for (const at of ['done', 'canceled', 'rejected'] as const) {
      expect(ORDER_ACTIONS.filter((step) => accepts(step, at))).toEqual(['set_state_erred']);
    }
  });

  test.each([
    [{}, true],
    [{ auto_approve_in_service_provider_projects: true }, true],
    [{ auto_approve_for_roles: ['PROJECT.ADMIN'] }, false],
    [{ auto_approve_for_roles: ['PROJECT.ADMIN'], disable_autoapprove: true }, true],
  ])('plugin options %j: review %s', (pluginOptions, review) => {
    const order = { type: 'Create', pluginOptions, sameCustomer: false, creatorRoles: ['PROJECT.ADMIN'] } as const;
    expect(providerMustReview(order)).toBe(review);
  });

  test("orders in the provider's own projects may go through", () => {
    const pluginOptions = { auto_approve_in_service_provider_projects: true };
    const order = { type: 'Create', pluginOptions, sameCustomer: true, creatorRoles: [] } as const;
    expect(providerMustReview(order)).toBe(false);
  });
});

describe('resources', () => {
  test.each([
    ['Create', 'done', true, 'OK'],
    ['Create', 'erred', false, 'Terminated'],
    ['Create', 'erred', true, 'Erred'],
    ['Create', 'refused', true, 'Terminated'],
    ['Update', 'done', true, 'OK'],
    ['Update', 'erred', true, 'Erred'],
    ['Update', 'refused', true, 'OK'],
    ['Terminate', 'done', true, 'Terminated'],
    ['Terminate', 'erred', true, 'OK'],
    ['Terminate', 'refused', true, 'OK'],
    ['Restore', 'done', true, 'OK'],
    ['Restore', 'erred', false, 'Terminated'],
    ['Restore', 'erred', true, 'Erred'],
    ['Restore', 'refused', false, 'OK'],
  ] as const)('%s %s, backend id %s: %s', (type, ending, hasBackendId, after) => {
    for (const at of RESOURCE_STATES) expect(resourceAfter(type, ending, { state: at, hasBackendId })).toBe(after);
  });

  test('an erred resource stays erred while it is changed or terminated', () => {
    expect(ORDER_TYPES.map((type) => resourceDuring(type, 'Erred'))).toEqual([
      'Creating',
      'Erred',
      'Erred',
      'Creating',
    ]);
    expect(ORDER_TYPES.map((type) => resourceDuring(type, 'OK'))).toEqual([
      'Creating',
      'Updating',
      'Terminating',
      'Creating',
    ]);
  });

  test('a retry never wakes a terminated resource, nor a Restore', () => {
    for (const type of ORDER_TYPES) expect(resourceOnRetry(type, 'Terminated')).toBeUndefined();
    for (const at of RESOURCE_STATES) expect(resourceOnRetry('Restore', at)).toBeUndefined();
    expect(resourceOnRetry('Update', 'Erred')).toBe('Updating');
    expect(resourceOnRetry('Terminate', 'OK')).toBe('Terminating');
  });
});

test.each([
  [{ action: 'renew', old_limits: {} }, 'renewal'],
  [{ old_limits: {}, new_options: {} }, 'limits'],
  [{ new_options: {} }, 'options'],
  [{}, 'plan'],
] as const)('an Update order with %j is a change of %s', (attributes, kind) => {
  expect(updateKind(attributes)).toBe(kind);
});
