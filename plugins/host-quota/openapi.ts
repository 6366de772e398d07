import type { JsonSchema } from '../../src/plugin/contract.ts';
import { DOCKER_PARTS, dockerPaths, dockerSchemas } from './docker/openapi.ts';
import { call, list, object, ref, TEXT, WHOLE } from './openapi-parts.ts';

/** OpenAPI 3.1 description of the remote API and of the central one: what tests hold every answer against. */

const LIMITS = { block_hard_limit: WHOLE, block_soft_limit: WHOLE, inode_hard_limit: WHOLE, inode_soft_limit: WHOLE };
const NUMBERS = {
  ...LIMITS,
  block_current: WHOLE,
  inode_current: WHOLE,
  block_time_limit: WHOLE,
  inode_time_limit: WHOLE,
};
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
  ...dockerSchemas,
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

const USER = object({ uid: WHOLE, name: TEXT });
const OK = object({ msg: TEXT });

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
  ...dockerPaths,
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
