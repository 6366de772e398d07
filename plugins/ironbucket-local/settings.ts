import type { Claim, JsonSchema, NamingRules } from '../../src/plugin/contract.ts';
import { NODES_PATTERN } from './cluster/nodes.ts';

/** `backend_settings` after validation. */
export interface Settings {
  readonly storage_path: string;
  readonly listen: string;
  readonly public_endpoint?: string;
  readonly s3_region: string;
  readonly access_key?: string;
  readonly secret_key?: string;
  readonly bucket_quota_bytes: number;
  readonly quota_flush_interval_ms: number;
  readonly quota_cache_max_size: number;
  readonly enabled: boolean;
  readonly fsync: boolean;
  readonly gateway: boolean;
  readonly gateway_workers?: number;
  readonly remove_empty_folders: boolean;
  readonly max_connections?: number;
  readonly multipart_expiry_days: number;
  readonly node_id: string;
  readonly cluster_nodes: string;
  readonly user_prefix: string;
}

export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['storage_path'],
  properties: {
    storage_path: {
      type: 'string',
      pattern: '^/+[^/]',
      'x-expected': 'an absolute path',
      description: 'Absolute path of the directory that holds the buckets. It must exist and be writable.',
    },
    gateway: {
      type: 'boolean',
      default: true,
      description: 'Whether the agent serves S3 itself. false is for a directory that another server serves.',
    },
    gateway_workers: {
      type: 'integer',
      minimum: 0,
      maximum: 64,
      description:
        'Threads that serve S3, each its own share of the connections and of the buckets; before Node 22.12 the first takes all connections and the others store. 0 serves in the thread of the agent. Default: one less than the processors, at least 1 and 5 at most.',
    },
    listen: {
      type: 'string',
      format: 'listen-address',
      'x-expected': 'an address and a port up to 65535, such as 127.0.0.1:9000',
      default: '127.0.0.1:9000',
      description: 'Address of the S3 server for this directory.',
    },
    public_endpoint: {
      type: 'string',
      pattern: '^https?://[^/?#\\s]+$',
      format: 'uri',
      'x-expected': 'an http:// or https:// URL without a path',
      description: 'URL under which consumers reach the S3 server. Default: http:// and the value of listen.',
    },
    s3_region: { type: 'string', pattern: '^[a-z0-9-]{1,40}$', default: 'us-east-1' },
    access_key: { type: 'string', minLength: 3, description: 'Administrator key of the S3 server.' },
    secret_key: { type: 'string', minLength: 8, 'x-secret': true },
    bucket_quota_bytes: {
      type: 'integer',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 5_368_709_120,
      description: 'Limit of a bucket for which none was ordered. 0 allows nothing.',
    },
    quota_flush_interval_ms: {
      type: 'integer',
      minimum: 100,
      maximum: 60_000,
      default: 1000,
      description: 'How long what was written to a bucket is counted in memory only, in milliseconds.',
    },
    quota_cache_max_size: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description: 'Buckets whose numbers are kept in memory. Those that are written to stay there in any case.',
    },
    enabled: {
      type: 'boolean',
      default: true,
      description: 'Whether limits are enforced and operations counted. false serves without either.',
    },
    fsync: {
      type: 'boolean',
      default: false,
      description: 'Whether what was written and counted must survive the machine, not only the process.',
    },
    remove_empty_folders: {
      type: 'boolean',
      default: true,
      description:
        'Whether a folder goes when its last object is deleted. Folders that stay take space that is not counted.',
    },
    max_connections: {
      type: 'integer',
      minimum: 8,
      maximum: 100_000,
      description:
        'Connections that are served at once; a quarter of them to one account. Default: a third of the file descriptors that the process may open beyond 64, and 4096 at most.',
    },
    multipart_expiry_days: {
      type: 'integer',
      minimum: 0,
      maximum: 3650,
      default: 7,
      description: 'Days after which a multipart upload that was not completed is aborted. 0 keeps it.',
    },
    node_id: {
      type: 'string',
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      'x-expected': 'a name of letters, digits, ".", "_" and "-"',
      default: 'node-1',
      description: 'Name of this server among those with copies of the same buckets.',
    },
    cluster_nodes: {
      type: 'string',
      pattern: NODES_PATTERN,
      'x-expected': 'name=URL of every other server, separated by commas',
      default: '',
      description: 'The other servers with copies of the same buckets; GET /{bucket}?cluster asks them as well.',
    },
    user_prefix: {
      type: 'string',
      pattern: '^([a-z0-9][a-z0-9-]*)?$',
      'x-expected': 'a short name out of a-z, 0-9 and "-"',
      maxLength: 40,
      default: 'waldur-',
      description: 'First part of every bucket name.',
    },
  },
};

/** Account names are bucket names, and those are DNS labels. */
export function naming({ user_prefix }: Settings): NamingRules {
  return { prefix: user_prefix, separator: '-', filler: '-', maxLength: 63 };
}

/** Absolute URL of the S3 server, without a trailing slash. */
export function endpointOf({ public_endpoint, listen }: Settings): string {
  return public_endpoint ?? `http://${listen}`;
}

/** The directory has one writer, and the gateway's address one server. */
export function claims({ storage_path, gateway, listen }: Settings): readonly Claim[] {
  const directory: Claim = { setting: 'storage_path', kind: 'directory', value: storage_path };
  return gateway ? [directory, { setting: 'listen', kind: 'listen-address', value: listen }] : [directory];
}
