import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { conformance } from '../../../src/plugin/conformance.ts';
import { plugin } from '../index.ts';
import { createLab, withDefaults } from './lab.ts';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const settings = withDefaults({
  endpoint: 'minio.example.org:9000',
  admin_access_key: 'waldur-agent',
  admin_secret_key: 'never to be shown',
});
const attributes = {
  create: { versioning: false, tags: { project: 'one' }, lifecycle_days: 30 },
  change: { versioning: true, tags: { project: 'two', owner: 'me' }, lifecycle_days: 7 },
};

describe('encrypted, as MinIO', () => {
  conformance({ describe, it }, { plugin, settings, folder, attributes, lab: () => createLab() });
});

describe('plain, as RustFS', () => {
  const lab = () => createLab({ admin_prefix: '/rustfs/admin/v3' });
  conformance({ describe, it }, { plugin, settings, folder, attributes, lab });
});
