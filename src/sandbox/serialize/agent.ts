import type { JsonObject } from '../../lib/json.ts';
import type { AgentLog, Identity, Processor, Service } from '../model-agent.ts';
import { renderer, url } from './fields.ts';

export const renderProcessor = renderer<Processor>({
  uuid: (row) => row.uuid,
  url: (row, to) => url(to, 'marketplace-site-agent-processors', row.uuid),
  service: (row) => row.service.uuid,
  service_name: (row) => row.service.name,
  name: (row) => row.name,
  last_run: (row) => new Date(row.lastRunMs).toISOString(),
  backend_type: (row) => row.backendType,
  backend_version: (row) => row.backendVersion,
  created: (row) => row.created,
  modified: (row) => row.modified,
});

const NESTED_PROCESSOR = ['uuid', 'url', 'name', 'last_run', 'backend_type', 'backend_version', 'created', 'modified'];
const NESTED_SERVICE = ['uuid', 'url', 'name', 'mode', 'state', 'statistics', 'created', 'modified'];

export const renderService = renderer<Service>({
  uuid: (row) => row.uuid,
  url: (row, to) => url(to, 'marketplace-site-agent-services', row.uuid),
  identity: (row) => row.identity.uuid,
  identity_name: (row) => row.identity.name,
  name: (row) => row.name,
  mode: (row) => row.mode,
  state: (row) => row.state,
  statistics: (row) => row.statistics,
  created: (row) => row.created,
  modified: (row) => row.modified,
  processors: (row, to) =>
    to.world.store.processors
      .by('service', row.uuid)
      .map((processor) => renderProcessor(processor, to, NESTED_PROCESSOR)),
});

export const renderIdentity = renderer<Identity>({
  uuid: (row) => row.uuid,
  url: (row, to) => url(to, 'marketplace-site-agent-identities', row.uuid),
  offering: (row) => row.offering.uuid,
  created_by: (row) => row.createdBy.uuid,
  name: (row) => row.name,
  version: (row) => row.version,
  dependencies: (row) => row.dependencies,
  config_file_path: (row) => row.configFilePath,
  config_file_content: (row) => row.configFileContent,
  last_restarted: (row) => row.lastRestarted,
  compatibility: (row) => compatibility(row.version),
  created: (row) => row.created,
  modified: (row) => row.modified,
  services: (row, to) =>
    to.world.store.services.by('identity', row.uuid).map((service) => renderService(service, to, NESTED_SERVICE)),
});

export const renderLog = renderer<AgentLog>({
  uuid: (row) => row.uuid,
  offering: (row, to) => url(to, 'marketplace-provider-offerings', row.identity.offering.uuid),
  offering_uuid: (row) => row.identity.offering.uuid,
  agent_identity_uuid: (row) => row.identity.uuid,
  timestamp: (row) => row.timestamp,
  level: (row) => row.level,
  message: (row) => row.message,
  module: (row) => row.module,
  created: (row) => row.created,
});

const OLDEST = '1.0.2';

/** What the portal says of an agent by its version. */
function compatibility(version: string): JsonObject {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (numbers === undefined) return { status: 'unknown', message: '', minimum_required: OLDEST };
  const isOld = numbers.join('.').localeCompare(OLDEST, 'en', { numeric: true }) < 0;
  const message = isOld ? `The agent is older than ${OLDEST}.` : '';
  return { status: isOld ? 'incompatible' : 'compatible', message, minimum_required: OLDEST };
}
