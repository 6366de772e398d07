import type { JsonObject } from '../../lib/json.ts';
import { bodyOf, type Call, optionalText, type Routes, referenced, textOf } from '../call.ts';
import type { Offering } from '../model.ts';
import type { BackendResource, ImportRequest } from '../model-agent.ts';
import { list } from '../paginate.ts';
import { demand, seesOffering } from '../permissions.ts';
import { choices, uuidFilter } from '../query.ts';
import { invalid, notFound, ok, type Reply, status, wrongState } from '../reply.ts';
import { renderer, url } from '../serialize/fields.ts';
import type { World } from '../world.ts';

const STATES = ['Sent', 'Processing', 'Done', 'Erred'] as const;

const renderRequest = renderer<ImportRequest>({
  url: (row, to) => url(to, 'backend-resource-requests', row.uuid),
  uuid: (row) => row.uuid,
  created: (row) => row.created,
  modified: (row) => row.modified,
  started: (row) => row.started ?? null,
  finished: (row) => row.finished ?? null,
  state: (row) => row.state,
  offering: (row) => row.offering.uuid,
  offering_name: (row) => row.offering.name,
  offering_url: (row, to) => url(to, 'marketplace-provider-offerings', row.offering.uuid),
  error_message: (row) => row.errorMessage,
  error_traceback: (row) => row.errorTraceback,
});

const renderBackendResource = renderer<BackendResource>({
  url: (row, to) => url(to, 'backend-resources', row.uuid),
  uuid: (row) => row.uuid,
  name: (row) => row.name,
  created: (row) => row.created,
  modified: (row) => row.modified,
  project: (row) => row.project.uuid,
  project_name: (row) => row.project.name,
  project_url: (row, to) => url(to, 'projects', row.project.uuid),
  offering: (row) => row.offering.uuid,
  offering_name: (row) => row.offering.name,
  offering_url: (row, to) => url(to, 'marketplace-provider-offerings', row.offering.uuid),
  backend_id: (row) => row.backendId,
  backend_metadata: (row) => row.backendMetadata,
});

/** Importing what exists at the backend and not in Waldur. */
export const importRoutes: Routes = {
  'GET backend-resource-requests/': (call) => {
    const states = choices(call.query, 'state', STATES);
    return list(call, {
      pools: [inOffering(call, call.world.store.importRequests)],
      where: (row) => seesOffering(call.user, row.offering) && (states.length === 0 || states.includes(row.state)),
      render: renderRequest,
    });
  },
  'POST backend-resource-requests/': (call) => {
    const offering = referenced(call.world.store.offerings, bodyOf(call, ['offering']), 'offering');
    demand(call.world.settings.profile, call.user, 'offering.agent', offering);
    return ok(renderRequest(requestImport(call.world, offering), call), 201);
  },
  'GET backend-resource-requests/:u/': (call) => ok(renderRequest(findRequest(call), call)),
  'POST backend-resource-requests/:u/start_processing/': (call) =>
    move(call, 'Processing', ['Sent'], (row) => {
      row.started = row.modified;
    }),
  'POST backend-resource-requests/:u/set_done/': (call) =>
    move(call, 'Done', ['Processing'], (row) => {
      row.finished = row.modified;
    }),
  'POST backend-resource-requests/:u/set_erred/': (call) => {
    const body: JsonObject = bodyOf(call, ['error_message', 'error_traceback']);
    return move(call, 'Erred', STATES, (row) => {
      row.finished = row.modified;
      row.errorMessage = optionalText(body, 'error_message');
      row.errorTraceback = optionalText(body, 'error_traceback');
    });
  },
  'GET backend-resources/': (call) => {
    const project = uuidFilter(call.query, 'project_uuid');
    const backendId = call.query.get('backend_id');
    return list(call, {
      pools: [inOffering(call, call.world.store.backendResources)],
      where: (row) =>
        seesOffering(call.user, row.offering) &&
        (project === undefined || row.project.uuid === project) &&
        (backendId === undefined || row.backendId === backendId),
      render: renderBackendResource,
    });
  },
  'POST backend-resources/': createBackendResource,
  'GET backend-resources/:u/': (call) => ok(renderBackendResource(findBackendResource(call), call)),
  'DELETE backend-resources/:u/': (call) => {
    call.world.store.backendResources.delete(findBackendResource(call));
    return { status: 204 };
  },
};

export function requestImport(world: World, offering: Offering): ImportRequest {
  const now = world.clock.stamp();
  const request = world.store.importRequests.insert({
    uuid: world.ids.uuid(),
    created: now,
    modified: now,
    offering,
    state: 'Sent',
    started: undefined,
    finished: undefined,
    errorMessage: '',
    errorTraceback: '',
  });
  world.events.importable(request);
  return request;
}

function inOffering<R>(
  call: Call,
  table: { all(): readonly R[]; by(index: string, key: string): readonly R[] },
): readonly R[] {
  const offering = uuidFilter(call.query, 'offering_uuid');
  return offering === undefined ? table.all() : table.by('offering', offering);
}

function findRequest(call: Call): ImportRequest {
  const request = call.world.store.importRequests.get(call.uuid);
  if (request === undefined || !seesOffering(call.user, request.offering)) throw notFound('BackendResourceRequest');
  return request;
}

function move(
  call: Call,
  to: ImportRequest['state'],
  from: readonly ImportRequest['state'][],
  also: (row: ImportRequest) => void,
): Reply {
  const request = findRequest(call);
  demand(call.world.settings.profile, call.user, 'offering.agent', request.offering);
  if (!from.includes(request.state)) throw wrongState(from);
  request.state = to;
  request.modified = call.world.clock.stamp();
  also(request);
  return status('Backend resource request state has been updated.');
}

function findBackendResource(call: Call): BackendResource {
  const row = call.world.store.backendResources.get(call.uuid);
  if (row === undefined || !seesOffering(call.user, row.offering)) throw notFound('BackendResource');
  return row;
}

function createBackendResource(call: Call): Reply {
  const { world } = call;
  const body = bodyOf(call, ['name', 'project', 'offering', 'backend_id', 'backend_metadata']);
  const offering = referenced(world.store.offerings, body, 'offering');
  const project = referenced(world.store.projects, body, 'project');
  demand(world.settings.profile, call.user, 'offering.agent', offering);
  const name = textOf(body, 'name');
  const backendId = optionalText(body, 'backend_id');
  const known = world.store.backendResources.by('offering', offering.uuid);
  if (known.some((row) => row.backendId === backendId && row.project === project)) {
    throw invalid({ non_field_errors: ['The fields offering, project, backend_id must make a unique set.'] });
  }
  const now = world.clock.stamp();
  const backendMetadata = body['backend_metadata'] ?? {};
  const row = {
    uuid: world.ids.uuid(),
    created: now,
    modified: now,
    name,
    project,
    offering,
    backendId,
    backendMetadata,
  };
  return ok(renderBackendResource(world.store.backendResources.insert(row), call), 201);
}
