import { allocationIsOk } from '../allocation.ts';
import { bodyOf, type Call, objectOf, type Routes, textOf } from '../call.ts';
import type { Resource } from '../model.ts';
import { touchResource } from '../order-flow.ts';
import { invalid, ok, status } from '../reply.ts';
import { writable } from './resource-access.ts';

const ALLOCATION = 'marketplace-slurm-remote/:u/';

/** The plugin of the 2024 release behind resources of site agents; `:u` is the resource. */
export const allocationRoutes: Routes = {
  [`POST ${ALLOCATION}set_state/`]: (call) => {
    const resource = find(call);
    const state = textOf(bodyOf(call, ['state']), 'state');
    if (state !== 'ok') throw invalid({ state: [`"${state}" is not a valid choice.`] });
    allocationIsOk(call.world, resource);
    return ok({ detail: 'Allocation state has been changed to ok' });
  },
  [`POST ${ALLOCATION}set_limits/`]: (call) => {
    const resource = find(call);
    const limits = objectOf(bodyOf(call, ['limits']), 'limits');
    touchResource(call.world, resource, (row) => {
      row.limits = { ...row.limits, ...limits };
    });
    return status('Limits are successfully set.');
  },
};

function find(call: Call): Resource {
  return writable(call, 'resource.set_state');
}
