import type { Usage, UserUsage } from '../model.ts';
import { centsToNumber, formatCents } from '../rules/decimal.ts';
import { dashed, renderer, url } from './fields.ts';
import { dashedKeys } from './shared.ts';

export const renderUsage = renderer<Usage>(
  {
    uuid: (row) => row.uuid,
    created: (row) => row.created,
    description: (row) => row.description,
    type: (row) => row.component.type,
    name: (row) => row.component.name,
    measured_unit: (row) => row.component.measuredUnit,
    usage: (row) => centsToNumber(row.cents),
    date: (row) => row.date,
    recurring: (row) => row.recurring,
    resource_name: (row) => row.resource.name,
    resource_uuid: (row) => dashed(row.resource.uuid),
    ...dashedKeys<Usage>((row) => row.resource),
    billing_period: (row) => row.billingPeriod,
    modified_by: () => null,
  },
  {
    has: {
      usage: (row) => formatCents(row.cents),
      // The number of the user in the database.
      modified_by: (row, { world }) => world.store.users.all().indexOf(row.modifiedBy) + 1,
    },
  },
);

export const renderUserUsage = renderer<UserUsage>(
  {
    uuid: (row) => row.uuid,
    user: (row) => row.user ?? null,
    username: (row) => row.username,
    component_usage: (row, to) => url(to, 'marketplace-component-usages', row.usage.uuid),
    usage: (row) => centsToNumber(row.cents),
    measured_unit: (row) => row.usage.component.measuredUnit,
    description: () => '',
    created: (row) => row.created,
    modified: (row) => row.modified,
    backend_id: () => '',
    resource_name: (row) => row.usage.resource.name,
    resource_uuid: (row) => dashed(row.usage.resource.uuid),
    ...dashedKeys<UserUsage>((row) => row.usage.resource),
    component_type: (row) => row.usage.component.type,
    date: (row) => row.usage.date,
    billing_period: (row) => row.usage.billingPeriod,
  },
  { lacks: 'billing_period', has: { usage: (row) => formatCents(row.cents) } },
);
