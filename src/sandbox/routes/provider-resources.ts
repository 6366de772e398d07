import { isJsonObject, type Json, sameJson } from '../../lib/json.ts';
import { bodyOf, booleanOf, type Call, objectOf, optionalText, type Routes, textOf } from '../call.ts';
import type { Endpoint, Resource } from '../model.ts';
import { moveResource, touchResource } from '../order-flow.ts';
import { conflict, forbidden, invalid, ok, type Reply, required, ServerCrash, status } from '../reply.ts';
import { optionFields, validateOptions } from '../rules/options.ts';
import { isOptionsOrder } from '../rules/update-kind.ts';
import { isOlder } from '../serialize/fields.ts';
import { renderResource } from '../serialize/resource.ts';
import { touchIntegration } from './integration.ts';
import { checkBackendId, findProvided, requireState, shortText, writable } from './resource-access.ts';
import { listResources } from './resource-list.ts';

export const providerResourceRoutes: Routes = {
  'GET marketplace-provider-resources/': (call) => {
    touchIntegration(call, ['Usage reporting', 'Resource sync', 'Event processing'], ['Usage reporting']);
    return listResources(call, 'provider');
  },
  'GET marketplace-provider-resources/:u/': (call) => {
    const resource = findProvided(call);
    touchIntegration(call, ['Resource sync', 'Event processing'], []);
    return ok(renderResource(resource, call, call.query.fields));
  },
  'POST marketplace-provider-resources/:u/set_backend_id/': (call) => {
    const resource = writable(call, 'resource.set_backend_id');
    const body = bodyOf(call, ['backend_id']);
    if (isOlder(call) && body['backend_id'] === undefined) throw new ServerCrash('KeyError');
    const backendId = shortText(body, 'backend_id');
    if (resource.backendId === backendId) return status('Resource backend_id is not changed.');
    checkBackendId(call, resource, backendId);
    return write(call, resource, 'Resource backend_id has been changed.', (row) => {
      row.backendId = backendId;
    });
  },
  'POST marketplace-provider-resources/:u/set_effective_id/': (call) => {
    const resource = writable(call, 'resource.set_backend_id');
    const effectiveId = shortText(bodyOf(call, ['effective_id']), 'effective_id');
    if (resource.effectiveId === effectiveId) return status('Resource effective_id is not changed.');
    return write(call, resource, 'Resource effective_id has been changed.', (row) => {
      row.effectiveId = effectiveId;
    });
  },
  'POST marketplace-provider-resources/:u/set_limits/': (call) => {
    const resource = writable(call, 'resource.set_state');
    const limits = objectOf(bodyOf(call, ['limits']), 'limits');
    const { components } = resource.offering;
    const unknown = Object.keys(limits).filter((type) => !components.some((component) => component.type === type));
    if (unknown.length > 0) throw invalid({ limits: `Unknown component types: ${unknown.join(', ')}` });
    noteLoss(call, resource, 'limits', resource.limits, limits);
    return write(call, resource, 'The resource limits are updated', (row) => {
      row.limits = limits;
    });
  },
  'POST marketplace-provider-resources/:u/set_backend_metadata/': (call) => {
    const resource = writable(call, 'resource.set_backend_metadata');
    const body = bodyOf(call, ['backend_metadata']);
    // The 2024 release takes a list, too; it is kept here as an empty object.
    const list = isOlder(call) && Array.isArray(body['backend_metadata']);
    const metadata = list ? {} : objectOf(body, 'backend_metadata');
    noteLoss(call, resource, 'backend_metadata', resource.backendMetadata, metadata);
    return write(call, resource, 'The backend metadata is updated', (row) => {
      row.backendMetadata = metadata;
    });
  },
  'POST marketplace-provider-resources/:u/set_endpoints/': (call) => {
    const resource = writable(call, 'resource.set_backend_metadata');
    const endpoints = endpointsOf(call, bodyOf(call, ['endpoints'])['endpoints']);
    return write(call, resource, 'The access endpoints are updated', (row) => {
      row.endpoints = endpoints;
    });
  },
  'POST marketplace-provider-resources/:u/submit_report/': (call) => {
    const resource = writable(call, 'resource.submit_report');
    const { report } = bodyOf(call, ['report']);
    if (report === undefined) throw required('report');
    if (!Array.isArray(report) || report.length === 0) throw invalid({ report: ['This list may not be empty.'] });
    return write(call, resource, 'Report is submitted', (row) => {
      row.report = report;
    });
  },
  'POST marketplace-provider-resources/:u/set_end_date_by_provider/': (call) => {
    const resource = writable(call, 'resource.set_state');
    const endDate = optionalText(bodyOf(call, ['end_date']), 'end_date') || undefined;
    touchResource(call.world, resource, (row) => {
      row.endDate = endDate;
    });
    return ok();
  },
  'POST marketplace-provider-resources/:u/set_as_erred/': (call) => {
    const legacy = call.world.settings.profile === '2024';
    if (legacy && !call.user.isStaff) {
      findProvided(call);
      throw forbidden();
    }
    const resource = writable(call, 'resource.set_state_loose');
    const body = bodyOf(call, ['error_message', 'error_traceback']);
    moveResource(call.world, resource, 'Erred');
    touchResource(call.world, resource, (row) => {
      row.errorMessage = optionalText(body, 'error_message') || row.errorMessage;
      row.errorTraceback = optionalText(body, 'error_traceback') || row.errorTraceback;
    });
    return ok();
  },
  'POST marketplace-provider-resources/:u/set_as_ok/': (call) => {
    const resource = writable(call, 'resource.set_state');
    if (resource.state === 'Terminated') throw new ServerCrash('TransitionNotAllowed');
    moveResource(call.world, resource, 'OK');
    touchResource(call.world, resource, (row) => {
      row.errorMessage = '';
      row.errorTraceback = '';
    });
    return ok();
  },
  'POST marketplace-provider-resources/:u/set_state_ok/': (call) => {
    const resource = writable(call, 'resource.set_state_loose');
    requireState(resource, ['Erred', 'Creating', 'Updating', 'Terminating']);
    moveResource(call.world, resource, 'OK');
    return status('Resource state has been set to OK.');
  },
  'POST marketplace-provider-resources/:u/refresh_last_sync/': (call) => {
    touchResource(call.world, writable(call, 'resource.set_state'), (row) => {
      row.lastSync = call.world.clock.stamp();
    });
    return ok();
  },
  'POST marketplace-provider-resources/:u/update_options_direct/': updateOptionsDirect,
  'POST marketplace-provider-resources/:u/pull/': (call) => {
    const resource = findProvided(call);
    requireState(resource, ['OK', 'Erred']);
    if (resource.backendId === '') throw conflict('Resource has no backend_id.');
    call.world.events.resource(resource);
    return ok({ detail: 'Pull operation was successfully scheduled.' }, 202);
  },
  'POST marketplace-provider-resources/:u/set_paused/': flag('paused', 'paused', (row, value) => {
    row.paused = value;
  }),
  'POST marketplace-provider-resources/:u/set_downscaled/': flag('downscaled', 'downscaled', (row, value) => {
    row.downscaled = value;
  }),
  'POST marketplace-provider-resources/:u/set_restrict_member_access/': flag(
    'restrict_member_access',
    'restrict_member_access',
    (row, value) => {
      row.restrictMemberAccess = value;
    },
  ),
  'POST marketplace-provider-resources/:u/set_slug/': (call) => {
    const resource = findProvided(call);
    if (!call.user.isStaff) throw forbidden();
    const slug = textOf(bodyOf(call, ['slug']), 'slug');
    return write(call, resource, 'Resource slug has been changed.', (row) => {
      row.slug = slug;
    });
  },
  'PATCH marketplace-provider-resources/:u/': (call) => {
    const resource = writable(call, 'resource.set_state_loose');
    const body = bodyOf(call, ['name', 'description', 'end_date']);
    touchResource(call.world, resource, (row) => {
      row.name = optionalText(body, 'name', row.name);
      row.description = optionalText(body, 'description', row.description);
      if ('end_date' in body) row.endDate = optionalText(body, 'end_date') || undefined;
    });
    return ok(renderResource(resource, call));
  },
};

function write(call: Call, resource: Resource, text: string, mutate: (row: Resource) => void): Reply {
  touchResource(call.world, resource, mutate);
  return status(text);
}

/** A flag staff (or a policy) sets; the agent is told about it. */
function flag(key: string, name: string, set: (row: Resource, value: boolean) => void): (call: Call) => Reply {
  return (call) => {
    const resource = findProvided(call);
    if (!call.user.isStaff) throw forbidden();
    const value = booleanOf(bodyOf(call, [key]), key);
    setFlag(call.world, resource, (row) => set(row, value));
    return status(`Resource ${name} flag is updated`);
  };
}

export function setFlag(world: Call['world'], resource: Resource, set: (row: Resource) => void): void {
  const before = [resource.paused, resource.downscaled, resource.restrictMemberAccess];
  touchResource(world, resource, set);
  const after = [resource.paused, resource.downscaled, resource.restrictMemberAccess];
  if (!sameJson(before, after)) world.events.resource(resource);
}

function updateOptionsDirect(call: Call): Reply {
  const resource = writable(call, 'resource.update_options');
  const form = resource.offering.resourceOptions;
  refuseSecondOptionsOrder(call, resource);
  const options = objectOf(bodyOf(call, ['options']), 'options');
  if (Object.keys(optionFields(form)).length === 0) {
    throw invalid({ options: ['Metadata for resource options is not defined.'] });
  }
  const problems = validateOptions(form, options);
  if (problems !== undefined) throw invalid(problems);
  return write(call, resource, 'Resource options have been updated directly.', (row) => {
    row.options = { ...row.options, ...options };
  });
}

/** @throws Refusal 409 while an options order of the resource is open */
export function refuseSecondOptionsOrder(call: Call, resource: Resource): void {
  const open = ['pending-consumer', 'pending-provider', 'pending-project', 'pending-start-date', 'executing'];
  const orders = call.world.store.orders.by('resource', resource.uuid);
  if (orders.some(({ state, type, attributes }) => open.includes(state) && isOptionsOrder(type, attributes))) {
    throw conflict("There's a pending order for changing resource options.");
  }
}

function endpointsOf(call: Call, value: Json | undefined): Endpoint[] {
  if (value === undefined) throw required('endpoints');
  if (!Array.isArray(value)) throw invalid({ endpoints: ['Expected a list of items but got type "dict".'] });
  const problems = value.map(endpointProblem);
  if (problems.some((problem) => Object.keys(problem).length > 0)) throw invalid({ endpoints: problems });
  return value.map((item) => ({ uuid: call.world.ids.uuid(), name: String(item.name), url: String(item.url) }));
}

function endpointProblem(item: Json): Record<string, string[]> {
  if (!isJsonObject(item) || typeof item['name'] !== 'string') return { name: ['This field is required.'] };
  const { url } = item;
  if (url === undefined) return { url: ['This field is required.'] };
  return typeof url === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(url) ? {} : { url: ['Enter a valid URL.'] };
}

/** Replacing an object without reading it first loses what others wrote: the invariants look for this entry. */
function noteLoss(call: Call, resource: Resource, object: string, before: object, after: object): void {
  // Credentials that Waldur has as an API key are where they belong.
  const moved = call.world.store.keys.by('resource', resource.uuid).length > 0 ? 's3_credentials' : undefined;
  // The agent says what it waits for only while it does.
  const lost = Object.keys(before).filter((key) => !(key in after) && key !== moved && key !== 'provisioning');
  // What ends may leave things out: dead credentials, above all. Its state does not tell: an erred resource stays erred.
  const ends = call.world.store.orders.by('executing', `${resource.uuid} Terminate`).length > 0;
  if (lost.length === 0 || ends) return;
  call.world.journal.add('warning', { object, uuid: resource.uuid, path: call.path, detail: { lost } });
}
