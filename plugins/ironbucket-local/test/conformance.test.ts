import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { conformance } from '../../../src/plugin/conformance.ts';
import { plugin } from '../index.ts';
import type { Settings } from '../settings.ts';
import { createLab } from './lab.ts';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const settings: Settings = {
  storage_path: '/s3',
  listen: '127.0.0.1:9000',
  s3_region: 'us-east-1',
  bucket_quota_bytes: 0,
  quota_flush_interval_ms: 1000,
  quota_cache_max_size: 10_000,
  enabled: true,
  fsync: false,
  gateway: false,
  remove_empty_folders: true,
  multipart_expiry_days: 7,
  node_id: 'node-1',
  cluster_nodes: '',
  user_prefix: 'waldur-',
};

conformance({ describe, it }, { plugin, settings, folder, lab: createLab });
