import type { JsonSchema } from '../../src/plugin/contract.ts';

/** OpenAPI 3.1 description of the remote API and of the central one: what tests hold every answer against. */

const WHOLE: JsonSchema = { type: 'integer', minimum: 0 };
const TEXT: JsonSchema = { type: 'string' };
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties),
    properties: { ...properties, ...optional },
  };
}

const LIMITS = { block_hard_limit: WHOLE, block_soft_limit: WHOLE, inode_hard_limit: WHOLE, inode_soft_limit: WHOLE };
const NUMBERS = {
  ...LIMITS,
  block_current: WHOLE,
  inode_current: WHOLE,
  block_time_limit: WHOLE,
  inode_time_limit: WHOLE,
};
const DOCKER_PARTS = { docker_container_bytes: WHOLE, docker_image_layer_bytes: WHOLE, docker_volume_bytes: WHOLE };
const NUMBER: JsonSchema = { type: 'number', minimum: 0 };
/** null is unknown, or none. */
const SIZE: JsonSchema = { type: ['integer', 'null'], minimum: 0 };
const TEXT_OR_NULL: JsonSchema = { type: ['string', 'null'] };
const OWNER = {
  uid: SIZE,
  host_user_name: TEXT_OR_NULL,
  attribution: { enum: ['override', 'label', 'audit', null] },
  needs_review: { type: 'boolean' },
} satisfies Readonly<Record<string, JsonSchema>>;
const EVIDENCE = object({ event: TEXT, at: NUMBER, uid: WHOLE, method: TEXT, text: TEXT });
const DETAIL = {
  kind: { enum: ['container', 'layer', 'volume'] },
  id: TEXT,
  name: TEXT,
  size_bytes: SIZE,
  ...OWNER,
  counts_for_limit: { type: 'boolean' },
  label: TEXT_OR_NULL,
  conflict: TEXT_OR_NULL,
  evidence: { oneOf: [{ type: 'null' }, EVIDENCE] },
} satisfies Readonly<Record<string, JsonSchema>>;
const INFO = object({ block_grace: WHOLE, inode_grace: WHOLE, flags: WHOLE });
const FORMAT: JsonSchema = { enum: ['vfsold', 'vfsv0', 'vfsv1', 'zfs', 'docker'] };

const schemas: Readonly<Record<string, JsonSchema>> = {
  Failure: object(
    { msg: TEXT },
    {
      detail: TEXT,
      redirect_url: { ...TEXT, description: 'With 401 where people log in, for who asks for JSON: the login.' },
    },
  ),
  Quota: object({ uid: WHOLE, name: TEXT, ...NUMBERS }, DOCKER_PARTS),
  GroupQuota: object({ gid: WHOLE, name: TEXT, ...NUMBERS }),
  Device: object(
    {
      name: TEXT,
      mount_points: list(TEXT),
      fstype: TEXT,
      opts: list(TEXT),
      usage: object({ free: WHOLE, total: WHOLE, used: WHOLE, percent: { type: 'number', minimum: 0, maximum: 100 } }),
    },
    {
      user_quota_format: FORMAT,
      user_quota_info: INFO,
      user_quotas: list(ref('Quota')),
      group_quota_format: FORMAT,
      group_quota_info: INFO,
      group_quotas: list(ref('GroupQuota')),
      unattributed_usage: WHOLE,
      unavailable: {
        ...TEXT,
        description: 'Why it cannot be read now: then it has no users, and its numbers mean nothing.',
      },
    },
  ),
  DockerContainer: object({
    id: TEXT,
    name: TEXT,
    image: TEXT,
    state: TEXT,
    created_at: WHOLE,
    size_bytes: SIZE,
    ...OWNER,
  }),
  DockerVolume: object({ name: TEXT, size_bytes: SIZE, ...OWNER }),
  DockerImage: object({
    id: TEXT,
    names: list(TEXT),
    created_at: WHOLE,
    size_bytes: SIZE,
    layers: list(object({ id: TEXT, size_bytes: SIZE, image: TEXT, ...OWNER })),
  }),
  DockerDetail: object(DETAIL, { image: TEXT }),
  DockerReview: object(
    {
      ...DETAIL,
      reason: TEXT,
      nearby_socket_uses: list(object({ event: TEXT, at: NUMBER, uid: WHOLE, host_user_name: TEXT, program: TEXT })),
    },
    { image: TEXT },
  ),
  DockerUsage: object({
    users: list(
      object({
        uid: WHOLE,
        host_user_name: TEXT,
        block_current: WHOLE,
        block_hard_limit: WHOLE,
        counted_bytes: WHOLE,
        ...DOCKER_PARTS,
        unknown_sizes: list(TEXT),
      }),
    ),
    unattributed: { oneOf: [{ type: 'null' }, object(DOCKER_PARTS)] },
    other_bytes: SIZE,
    items: list(ref('DockerDetail')),
  }),
  DockerEvent: object({ at: NUMBER, type: TEXT, action: TEXT, id: TEXT }),
  DockerDecision: object({ kind: TEXT, id: TEXT, uid: SIZE }),
  Defaults: { oneOf: [{ type: 'null' }, object({ device_name: TEXT, ...LIMITS })] },
  Batch: object({ total_users: WHOLE, updated_users: WHOLE, skipped_users: WHOLE, errors: list(TEXT) }),
  Mapping: object(
    {
      oauth_user_name: TEXT,
      host_id: TEXT,
      host_user_name: TEXT,
      state: { enum: ['waiting', 'approved', 'rejected'] },
      at: TEXT,
    },
    { proof: { enum: ['administrator', 'claim'] }, decided_by: TEXT },
  ),
  Person: object({ name: TEXT, is_admin: { type: 'boolean' }, seen_at: TEXT }, { host_user_name: TEXT }),
  Users: {
    type: 'object',
    additionalProperties: { oneOf: [object({ results: list(TEXT) }), object({ error: object({ msg: TEXT }) })] },
  },
  Aggregate: {
    type: 'object',
    additionalProperties: {
      oneOf: [object({ results: list(ref('Device')) }), object({ error: object({ msg: TEXT }) })],
    },
  },
  DockerAggregate: {
    type: 'object',
    additionalProperties: { oneOf: [object({ results: {} }), object({ error: object({ msg: TEXT }) })] },
  },
  Ping: {
    type: 'object',
    additionalProperties: {
      oneOf: [object({ status: TEXT, latency_ms: WHOLE }), object({ status: TEXT, error: TEXT })],
    },
  },
  Notification: object({
    id: TEXT,
    at: TEXT,
    host_id: TEXT,
    host_user_name: TEXT,
    event_type: TEXT,
    detail: { type: 'object' },
  }),
};

const json = (schema: JsonSchema): JsonSchema => ({ content: { 'application/json': { schema } } });
const FAILURES = { default: { description: 'What is wrong, as `msg`.', ...json(ref('Failure')) } };

/** `path` has its parameters in braces. */
function call(summary: string, schema: JsonSchema): JsonSchema {
  return { summary, responses: { '200': { description: 'Done.', ...json(schema) }, ...FAILURES } };
}

const USER = object({ uid: WHOLE, name: TEXT });
const OK = object({ msg: TEXT });

const ATTRIBUTE = {
  post: call('Says whose a container, image or volume is', ref('DockerDecision')),
  delete: call('Leaves it to label and audit log again', ref('DockerDecision')),
};

function dockerPaths(base: string, where: string): Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> {
  return {
    [`${base}/containers`]: { get: call(`Containers${where} with their owners`, list(ref('DockerContainer'))) },
    [`${base}/images`]: { get: call(`Images${where} with the owners of their layers`, list(ref('DockerImage'))) },
    [`${base}/volumes`]: { get: call(`Volumes${where} with their owners`, list(ref('DockerVolume'))) },
    [`${base}/inspect`]: { get: call(`One of them${where}, with the evidence`, { type: 'object' }) },
    [`${base}/usage/attribution-detail`]: { get: call(`Who uses what${where}`, ref('DockerUsage')) },
  };
}

const paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  '/remote-api/openapi.json': { get: call('This description', { type: 'object' }) },
  '/remote-api/ping': { get: call('Whether the host answers', object({ status: TEXT })) },
  '/remote-api/users': { get: call('Names of eligible users', list(TEXT)) },
  '/remote-api/users/resolve': { get: call('The uid of a user name', USER) },
  '/remote-api/quotas': { get: call('Devices with everyone on them', list(ref('Device'))) },
  '/remote-api/quotas/users/by-name/{name}': { get: call('Devices a user has something on', list(ref('Device'))) },
  '/remote-api/quotas/users/{uid}': {
    get: call('Devices a user has something on', list(ref('Device'))),
    put: call('Sets what the body names and answers what was read back', ref('Quota')),
  },
  '/remote-api/quotas/defaults': {
    get: call('Default limits of a device', ref('Defaults')),
    put: call('Replaces the default limits of a device', ref('Defaults')),
  },
  '/remote-api/quotas/batch': { post: call('The same limits for all users', ref('Batch')) },
  ...dockerPaths('/remote-api/docker', ''),
  ...dockerPaths('/api/quotas/{host}/docker', ' of a host'),
  '/remote-api/docker/usage/review-queue': { get: call('What an operator should decide', list(ref('DockerReview'))) },
  '/remote-api/docker/usage/events': { get: call('What the engine told lately', list(ref('DockerEvent'))) },
  '/remote-api/docker/usage/attribute': ATTRIBUTE,
  '/api/admin/docker/usage/attribution-detail': { get: call('Who uses what, by host', ref('DockerAggregate')) },
  '/api/admin/docker/usage/review-queue': {
    get: call('What an operator should decide, by host', ref('DockerAggregate')),
  },
  '/api/admin/docker/usage/events': { get: call('What the engines told lately, by host', ref('DockerAggregate')) },
  '/api/admin/docker/usage/attribute': ATTRIBUTE,
  '/api/health': { get: call('Whether the agent answers', object({ status: TEXT })) },
  '/api/me': { get: call('Who asks', object({ name: TEXT, is_admin: { type: 'boolean' } })) },
  '/api/me/mappings': {
    get: call('Users of hosts that the person is, or asked to be', list(ref('Mapping'))),
    post: call('Asks for a mapping, which an administrator or a claim of the login must prove', ref('Mapping')),
    delete: call('Gives up a mapping, or a request for one', OK),
  },
  '/api/me/quotas': { get: call('Quotas of those users', ref('Aggregate')) },
  '/api/quotas': { get: call('All hosts together', ref('Aggregate')) },
  '/api/quotas/{host}': { get: call('Devices of a host with everyone on them', list(ref('Device'))) },
  '/api/quotas/{host}/users/resolve': { get: call('The uid of a user name on a host', USER) },
  '/api/quotas/{host}/users/{uid}': { put: call('Sets limits on a host', ref('Quota')) },
  '/api/quotas/{host}/batch': { post: call('The same limits for all users of a host', ref('Batch')) },
  '/api/quotas/{host}/default-quota': {
    get: call('Default limits of a device of a host', ref('Defaults')),
    put: call('Replaces the default limits of a device of a host', ref('Defaults')),
  },
  '/api/hosts': { get: call('The hosts', list(object({ id: TEXT }))) },
  '/api/hosts/ping': { get: call('Whether the hosts answer', ref('Ping')) },
  '/api/hosts/{host}/users': { get: call('Names of eligible users of a host', list(TEXT)) },
  '/api/admin/mappings': {
    get: call('All mappings', list(ref('Mapping'))),
    post: call('Maps a person to a user of a host', ref('Mapping')),
    delete: call('Removes a mapping', OK),
  },
  '/api/admin/mappings/batch': {
    post: call(
      'Maps many, as `mappings`; what cannot be is in `errors`',
      object({ total: WHOLE, created: WHOLE, errors: list(TEXT) }),
    ),
  },
  '/api/admin/mappings/approve': { post: call('Approves a request', ref('Mapping')) },
  '/api/admin/mappings/reject': { post: call('Refuses a request, or ends a mapping', ref('Mapping')) },
  '/api/admin/oauth-users': { get: call('People who logged in', list(ref('Person'))) },
  '/api/admin/host-users': { get: call('Names of eligible users of all hosts', ref('Users')) },
  '/api/admin/notifications': { get: call('What hosts told, the newest first', list(ref('Notification'))) },
  '/api/admin/notifications/{id}': {
    get: call('One of them', ref('Notification')),
    delete: call('Removes one of them', OK),
  },
  '/api/internal/slave-events': { post: call('Takes events of a host', OK) },
};

export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Disk quotas of storage hosts', version: '1' },
  paths,
  components: { schemas },
} as const;
