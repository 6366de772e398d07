import type { OfferingTemplate } from '../../src/plugin/contract.ts';

const versioning = {
  type: 'boolean',
  label: 'Versioning',
  help_text: 'Keep old versions of objects. They count against the size.',
} as const;

const tags = {
  type: 'string',
  label: 'Tags',
  help_text: 'key:value, separated by commas.',
} as const;

const cors = {
  type: 'string',
  label: 'CORS rules',
  help_text: 'JSON: [{"origins": ["https://app.example.org"], "methods": ["GET", "PUT"]}]',
} as const;

const lifecycle = {
  type: 'string',
  label: 'Lifecycle rules',
  help_text: 'JSON: [{"id": "old", "prefix": "logs/", "expire_days": 30}]',
} as const;

/** What the offering looks like in Waldur. Sizes are limits, so that what is ordered is what is paid for. */
export const offering: OfferingTemplate = {
  components: [
    {
      type: 'storage',
      name: 'Storage: multiples of 500 GB, other sizes are rounded up and billed so',
      measured_unit: 'GB',
      billing_type: 'limit',
      default_limit: 500,
      price: '0.02',
    },
    { type: 'objects', name: 'Objects', measured_unit: 'objects', billing_type: 'usage', price: '0' },
  ],
  options: {
    bucket_name: {
      type: 'string',
      label: 'Bucket name',
      help_text: '3 to 63 of a-z, 0-9 and "-"; unique among all buckets of Civo. Left empty, one is made.',
    },
    versioning,
    tags,
    cors,
    lifecycle,
  },
  resource_options: { versioning, tags, cors, lifecycle },
  plugin_options: {
    create_orders_on_resource_option_change: true,
    service_provider_can_create_offering_user: false,
    auto_create_admin_user: false,
  },
};
