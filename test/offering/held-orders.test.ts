import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { createHeldOrders } from '../../src/offering/held-orders.ts';
import { hinderedIn, quietStanding } from '../fakes/standing.ts';

const refused = new AgentError('no', { code: 'WALDUR_FORBIDDEN', disposition: 'operator' });
const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];

function setup() {
  const standing = quietStanding();
  return { held: createHeldOrders(standing), hindered: () => hinderedIn(standing) };
}

test('the offering is hindered until the last order that waits for an operator has passed', () => {
  const { held, hindered } = setup();
  held.failed(A, refused);
  held.failed(B, refused);
  held.passed(A);
  expect(hindered()).toEqual(['fulfilment: WALDUR_FORBIDDEN']);
  held.passed(B);
  expect(hindered()).toEqual([]);
});

test('an outage, a refused order and a bug hold nothing', () => {
  const { held, hindered } = setup();
  for (const disposition of ['transient', 'terminal', 'bug'] as const) {
    held.failed(A, new AgentError('x', { code: 'X', disposition }));
  }
  expect(hindered()).toEqual([]);
});

test('without open orders nothing is held', () => {
  const { held, hindered } = setup();
  held.failed(A, refused);
  held.none();
  expect(hindered()).toEqual([]);
});

test('many orders are remembered only so far', () => {
  const { held, hindered } = setup();
  for (let i = 0; i < 2000; i++) held.failed(String(i).padStart(32, '0'), refused);
  for (let i = 0; i < 1000; i++) held.passed(String(i).padStart(32, '0'));
  expect(hindered()).toEqual([]);
});
