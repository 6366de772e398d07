import type { OfferingTemplate } from '../../src/plugin/contract.ts';

/** What the offering looks like in Waldur. */
export const offering: OfferingTemplate = {
  components: [
    { type: 'storage', name: 'Storage', measured_unit: 'GB', billing_type: 'limit', default_limit: 100, price: '0.02' },
    {
      type: 'objects',
      name: 'Files',
      measured_unit: 'files',
      billing_type: 'limit',
      default_limit: 1_000_000,
      price: '0',
    },
  ],
  options: {},
  resource_options: {},
  plugin_options: {
    service_provider_can_create_offering_user: false,
    auto_create_admin_user: false,
  },
};
