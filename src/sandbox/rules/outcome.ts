import type { OrderType, ResourceState } from '../model.ts';

/** How an order ended. `refused` is rejected or canceled. */
export type Ending = 'done' | 'erred' | 'refused';

/** The resource's state after its order ended. */
export function resourceAfter(
  type: OrderType,
  ending: Ending,
  resource: { readonly state: ResourceState; readonly hasBackendId: boolean },
): ResourceState {
  switch (type) {
    case 'Create':
      if (ending === 'done') return 'OK';
      return ending === 'refused' ? 'Terminated' : failedBirth(resource.hasBackendId);
    case 'Restore':
      // A refused Restore leaves a resource that is OK without anything at the backend: so does Waldur.
      return ending === 'erred' ? failedBirth(resource.hasBackendId) : 'OK';
    case 'Update':
      return ending === 'erred' ? 'Erred' : 'OK';
    case 'Terminate':
      return ending === 'done' ? 'Terminated' : 'OK';
  }
}

/** The resource's state when an order starts; an erred resource stays erred. */
export function resourceDuring(type: OrderType, state: ResourceState): ResourceState {
  if (type === 'Create' || type === 'Restore') return 'Creating';
  if (state === 'Erred') return 'Erred';
  return type === 'Update' ? 'Updating' : 'Terminating';
}

/** `retry` puts the resource back to work; undefined where Waldur has no such transition. */
export function resourceOnRetry(type: OrderType, state: ResourceState): ResourceState | undefined {
  switch (type) {
    case 'Create':
      return state === 'Erred' || state === 'Creating' ? 'Creating' : undefined;
    case 'Update':
      return state === 'Erred' || state === 'OK' || state === 'Updating' ? 'Updating' : undefined;
    case 'Terminate':
      return state === 'Terminated' || state === 'Creating' ? undefined : 'Terminating';
    case 'Restore':
      return undefined;
  }
}

function failedBirth(hasBackendId: boolean): ResourceState {
  return hasBackendId ? 'Erred' : 'Terminated';
}
