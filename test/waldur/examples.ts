import { OFFERING, ORDER, RESOURCE } from './harness.ts';

/** Objects as Waldur 8.1 serialises them. */
export const ORDER_JSON = {
  uuid: ORDER,
  url: `https://internal/api/marketplace-orders/${ORDER}/`,
  slug: 'acme-s3-storage-2026-08-25',
  type: 'Create',
  state: 'pending-provider',
  created: '2026-08-25T10:00:00.123456Z',
  modified: '2026-08-25T10:00:01.000000Z',
  start_date: null,
  offering: `https://internal/api/marketplace-public-offerings/${OFFERING}/`,
  offering_uuid: OFFERING,
  marketplace_resource_uuid: RESOURCE,
  resource_uuid: null,
  resource_name: 'my-bucket-space',
  attributes: { name: 'my-bucket-space', storage_limit: 500 },
  limits: { storage: 100, objects: 1_000_000 },
  plan_uuid: 'e2e00000000000000000000000000011',
  old_plan_uuid: null,
  new_plan_uuid: 'e2e00000-0000-0000-0000-000000000011',
  provider_message: 'wait',
  error_message: '',
  customer_slug: 'acme',
  project_slug: 'genomics',
  created_by_username: 'alice@example.org',
  provider_rejection_comment: '',
};

export const RESOURCE_JSON = {
  uuid: RESOURCE,
  name: 'my-bucket-space',
  slug: 'my-bucket',
  state: 'OK',
  backend_id: 'waldur_acme_genomics_5a1e5a1e',
  resource_uuid: null,
  offering_uuid: OFFERING,
  plan_uuid: 'e2e00000000000000000000000000011',
  project_uuid: 'b0b0b0b0b0b04b0b8b0bb0b0b0b0b0b0',
  project_slug: 'genomics',
  customer_slug: 'acme',
  attributes: { storage_limit: 500 },
  options: { storage_limit: 800 },
  limits: { storage: 100 },
  current_usages: { storage: 12.5 },
  backend_metadata: { s3_user: 'waldur_acme_genomics_5a1e5a1e' },
  endpoints: [{ uuid: 'e2e0e000000000000000000000000001', name: 'S3 endpoint', url: 'https://s3.example' }],
  paused: true,
  downscaled: false,
  restrict_member_access: true,
  has_api_keys: true,
  error_message: 'gone',
};

export const COMPONENT_JSON = {
  uuid: 'e2e0c000000000000000000000000001',
  type: 'storage',
  name: 'Storage',
  measured_unit: 'GB',
  billing_type: 'limit',
  limit_period: 'month',
};

export const OFFERING_JSON = {
  uuid: OFFERING,
  name: 'S3 storage',
  slug: 's3-storage',
  type: 'Marketplace.Slurm',
  state: 'Active',
  customer_uuid: 'e2ec0000000000000000000000000001',
  components: [COMPONENT_JSON, 'nonsense'],
  plugin_options: { can_restore_resource: true },
};

export const USAGE_JSON = {
  uuid: '11111111111111111111111111111111',
  resource_uuid: '5a1e5a1e-5a1e-4a1e-8a1e-5a1e5a1e5a1e',
  offering_uuid: OFFERING,
  type: 'storage',
  usage: '12.50',
  date: '2026-08-15T12:00:00Z',
  billing_period: '2026-08-01',
};
