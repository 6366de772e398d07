import type { Order, Resource } from './model.ts';
import { moveOrder, moveResource, touchResource } from './order-flow.ts';
import type { World } from './world.ts';

/** States of the object behind a resource, by the numbers Waldur's error texts show. */
const UPDATE_SCHEDULED = 1;
const OK = 3;
const CREATION_SCHEDULED = 5;
const DELETION_SCHEDULED = 7;

/**
 * The task of the 2024 release that starts an executing order. Every resource of a site agent has a SLURM allocation
 * there, with a state of its own that only the agent can bring back to OK. The task runs some time after the approval,
 * whatever became of the order meanwhile: one that was finished before leaves its resource Updating or Terminating.
 */
export function startAllocation(world: World, order: Order): void {
  const { resource, type } = order;
  if (type === 'Create') {
    setAllocation(world, resource, CREATION_SCHEDULED);
    return;
  }
  if (type === 'Terminate') {
    if (resource.allocation !== undefined) setAllocation(world, resource, DELETION_SCHEDULED);
    moveResource(world, resource, 'Terminating');
    return;
  }
  const state = resource.allocation?.state ?? CREATION_SCHEDULED;
  if (state === OK) {
    setAllocation(world, resource, UPDATE_SCHEDULED);
    moveResource(world, resource, 'Updating');
  } else if (order.state === 'executing') {
    moveOrder(world, order, 'erred', 'server', (row) => {
      row.errorMessage = `Can't switch from state '${state}' using method 'schedule_updating'`;
    });
  }
}

/** What the agent says of the allocation after it did its work. */
export function allocationIsOk(world: World, resource: Resource): void {
  setAllocation(world, resource, OK);
}

function setAllocation(world: World, resource: Resource, state: number): void {
  touchResource(world, resource, (row) => {
    row.allocation = { uuid: row.allocation?.uuid ?? world.ids.uuid(), state };
  });
}
