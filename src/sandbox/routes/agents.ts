import { isJsonObject, type Json } from '../../lib/json.ts';
import { bodyOf, type Call, optionalText, type Routes, referenced, textOf } from '../call.ts';
import { removeConsumer } from '../consumers.ts';
import type { Offering } from '../model.ts';
import type { Identity, Processor, Service } from '../model-agent.ts';
import { list } from '../paginate.ts';
import { demand, seesOffering } from '../permissions.ts';
import { uuidFilter } from '../query.ts';
import { invalid, notFound, ok, type Reply } from '../reply.ts';
import { renderIdentity, renderLog, renderProcessor, renderService } from '../serialize/agent.ts';

/** Offering types an agent can serve. */
const SERVED = ['Marketplace.Slurm', 'Marketplace.Script', 'OpenStack.Tenant', 'Marketplace.Basic'];
const IDENTITY_KEYS = [
  'offering',
  'name',
  'version',
  'dependencies',
  'config_file_path',
  'config_file_content',
  'last_restarted',
];

/** How an agent shows itself in the portal. */
export const agentRoutes: Routes = {
  'GET marketplace-site-agent-identities/': (call) => {
    const { identities } = call.world.store;
    const name = call.query.get('name');
    const offering = uuidFilter(call.query, 'offering_uuid');
    const pool = name === undefined ? identities.all() : identities.by('name', name);
    return list(call, {
      pools: [pool],
      where: (row) =>
        seesOffering(call.user, row.offering) && (offering === undefined || row.offering.uuid === offering),
      render: renderIdentity,
    });
  },
  'POST marketplace-site-agent-identities/': (call) => {
    const body = bodyOf(call, IDENTITY_KEYS);
    const offering = servedOffering(call);
    demand(call.world.settings.profile, call.user, 'offering.agent', offering);
    const name = textOf(body, 'name');
    if (call.world.store.identities.by('name', name).some((row) => row.offering === offering)) {
      throw invalid({ non_field_errors: ['The fields offering, name must make a unique set.'] });
    }
    const now = call.world.clock.stamp();
    const identity = call.world.store.identities.insert({
      uuid: call.world.ids.uuid(),
      created: now,
      modified: now,
      offering,
      createdBy: call.user,
      name,
      version: '',
      dependencies: [],
      configFilePath: '',
      configFileContent: '',
      lastRestarted: now,
    });
    describe(call, identity);
    return ok(renderIdentity(identity, call), 201);
  },
  'GET marketplace-site-agent-identities/:u/': (call) => ok(renderIdentity(findIdentity(call), call)),
  'PUT marketplace-site-agent-identities/:u/': (call) => {
    const identity = open(call);
    if (servedOffering(call) !== identity.offering) {
      throw invalid({ offering: ['Offering cannot be changed after the agent identity is created.'] });
    }
    describe(call, identity);
    return ok(renderIdentity(identity, call));
  },
  'DELETE marketplace-site-agent-identities/:u/': async (call) => {
    const identity = open(call);
    const { identities, services, processors, consumers } = call.world.store;
    const removed = consumers.by('identity', identity.uuid).slice();
    for (const service of services.by('identity', identity.uuid).slice()) {
      for (const processor of processors.by('service', service.uuid).slice()) processors.delete(processor);
      services.delete(service);
    }
    identities.delete(identity);
    for (const consumer of removed) await removeConsumer(call.world, consumer);
    return { status: 204 };
  },
  'POST marketplace-site-agent-identities/:u/register_service/': (call) => {
    const identity = open(call);
    const body = bodyOf(call, ['name', 'mode']);
    const name = textOf(body, 'name');
    const mode = optionalText(body, 'mode', name);
    const { services } = call.world.store;
    const known = services.by('identity', identity.uuid).find((row) => row.name === name);
    const now = call.world.clock.stamp();
    const service =
      known ??
      services.insert({
        uuid: call.world.ids.uuid(),
        created: now,
        modified: now,
        identity,
        name,
        mode,
        state: 'Active',
        statistics: {},
      });
    Object.assign(service, { mode, state: 'Active', modified: now });
    return ok(renderService(service, call), known === undefined ? 201 : 200);
  },
  'GET marketplace-site-agent-services/': (call) =>
    list(call, {
      pools: [call.world.store.services.all()],
      where: (row) => seesOffering(call.user, row.identity.offering),
      render: renderService,
    }),
  'GET marketplace-site-agent-services/:u/': (call) => ok(renderService(findService(call), call)),
  'POST marketplace-site-agent-services/:u/register_processor/': (call) => {
    const service = findService(call);
    const body = bodyOf(call, ['name', 'backend_type', 'backend_version']);
    const name = textOf(body, 'name');
    const backendType = textOf(body, 'backend_type');
    const backendVersion = optionalText(body, 'backend_version');
    const { processors } = call.world.store;
    const known = processors.by('service', service.uuid).find((row) => row.name === name);
    const now = call.world.clock.stamp();
    const processor: Processor =
      known ??
      processors.insert({
        uuid: call.world.ids.uuid(),
        created: now,
        modified: now,
        service,
        name,
        lastRunMs: 0,
        backendType,
        backendVersion,
      });
    Object.assign(processor, { backendType, backendVersion, lastRunMs: call.world.clock.nowMs(), modified: now });
    return ok(renderProcessor(processor, call), known === undefined ? 201 : 200);
  },
  'POST marketplace-site-agent-services/:u/set_statistics/': (call) => {
    const service = findService(call);
    const { statistics } = bodyOf(call, ['statistics']);
    if (statistics === undefined) throw invalid({ statistics: ['This field is required.'] });
    Object.assign(service, { statistics, modified: call.world.clock.stamp() });
    return ok(renderService(service, call));
  },
  'POST marketplace-site-agent-logs/': storeLogs,
};

export function findIdentity(call: Call): Identity {
  const identity = call.world.store.identities.get(call.uuid);
  if (identity === undefined || !seesOffering(call.user, identity.offering)) throw notFound('AgentIdentity');
  return identity;
}

function open(call: Call): Identity {
  const identity = findIdentity(call);
  demand(call.world.settings.profile, call.user, 'offering.agent', identity.offering);
  return identity;
}

function findService(call: Call): Service {
  const service = call.world.store.services.get(call.uuid);
  if (service === undefined || !seesOffering(call.user, service.identity.offering)) throw notFound('AgentService');
  demand(call.world.settings.profile, call.user, 'offering.agent', service.identity.offering);
  return service;
}

/** A wrong offering type is answered like a missing offering. */
function servedOffering(call: Call): Offering {
  const body = bodyOf(call);
  const offering = referenced(call.world.store.offerings, body, 'offering');
  if (SERVED.includes(offering.type) && seesOffering(call.user, offering)) return offering;
  throw invalid({ offering: [`Object with uuid=${textOf(body, 'offering')} does not exist.`] });
}

function describe(call: Call, identity: Identity): void {
  const body = bodyOf(call);
  const dependencies: Json = Array.isArray(body['dependencies']) ? body['dependencies'] : identity.dependencies;
  call.world.store.identities.change(identity, (row) => {
    row.name = textOf(body, 'name');
    row.version = optionalText(body, 'version', row.version);
    row.dependencies = dependencies;
    row.configFilePath = optionalText(body, 'config_file_path', row.configFilePath);
    row.configFileContent = optionalText(body, 'config_file_content', row.configFileContent);
    row.lastRestarted = optionalText(body, 'last_restarted', row.lastRestarted);
    row.modified = call.world.clock.stamp();
  });
}

function storeLogs(call: Call): Reply {
  const { body, world } = call;
  if (!Array.isArray(body)) throw invalid({ non_field_errors: ['Expected a list of items but got type "dict".'] });
  const rows = body.map((entry: Json) => {
    if (!isJsonObject(entry)) throw invalid({ non_field_errors: ['Invalid data. Expected a dictionary.'] });
    const identity = referenced(world.store.identities, entry, 'agent_identity_uuid');
    demand(world.settings.profile, call.user, 'offering.agent', identity.offering);
    const level = textOf(entry, 'level');
    if (!['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'].includes(level)) {
      throw invalid({ level: [`"${level}" is not a valid choice.`] });
    }
    const message = textOf(entry, 'message');
    const timestamp = Number(entry['timestamp']);
    return {
      uuid: world.ids.uuid(),
      identity,
      timestamp,
      level,
      message,
      module: optionalText(entry, 'module'),
      created: world.clock.stamp(),
    };
  });
  for (const row of rows) world.store.logs.insert(row);
  return ok(
    rows.map((row) => renderLog(row, call)),
    201,
  );
}
