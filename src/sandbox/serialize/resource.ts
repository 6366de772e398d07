import type { JsonObject } from '../../lib/json.ts';
import type { Resource } from '../model.ts';
import { renderer, url } from './fields.ts';
import { renderComponent } from './offering.ts';
import { renderOrder } from './order.ts';
import { offeringKeys, planKeys, projectKeys } from './shared.ts';

const OPEN = ['pending-consumer', 'pending-provider', 'pending-project', 'pending-start-date', 'executing'];

/**
 * A resource as `marketplace-provider-resources` and `marketplace-resources` show it. What would come from a parent
 * resource or from service settings is left out, not null: these have neither, and Waldur's Python client takes no null there.
 */
export const renderResource = renderer<Resource>(
  {
    uuid: (row) => row.uuid,
    url: (row, to) => url(to, 'marketplace-resources', row.uuid),
    name: (row) => row.name,
    slug: (row) => row.slug,
    description: (row) => row.description,
    state: (row) => row.state,
    created: (row) => row.created,
    modified: (row) => row.modified,
    last_sync: (row) => row.lastSync,
    backend_id: (row) => row.backendId,
    effective_id: (row) => row.effectiveId,
    scope: (row, to) => (row.allocation === undefined ? null : url(to, 'slurm-allocations', row.allocation.uuid)),
    resource_uuid: (row) => row.allocation?.uuid ?? null,
    resource_type: (row) => (row.allocation === undefined ? null : 'SLURM.Allocation'),
    ...offeringKeys<Resource>((row) => row.offering),
    offering_slug: (row) => row.offering.slug,
    offering_state: (row) => row.offering.state,
    offering_backend_id: (row) => row.offering.backendId,
    offering_components: (row) =>
      row.offering.components.map((component) => renderComponent(component, row.offering.uuid)),
    ...planKeys<Resource>((row) => row),
    project: (row, to) => url(to, 'projects', row.project.uuid),
    ...projectKeys<Resource>((row) => row.project),
    project_end_date: (row) => row.project.endDate ?? null,
    project_effective_end_date: (row) => row.project.endDate ?? null,
    project_is_in_grace_period: () => false,
    project_end_date_requested_by: () => null,
    attributes: (row) => row.attributes,
    options: (row) => row.options ?? null,
    limits: (row) => row.limits,
    current_usages: (row) => row.currentUsages,
    limit_usage: (row) => row.currentUsages,
    backend_metadata: (row) => row.backendMetadata,
    endpoints: (row) => row.endpoints.map(({ uuid, name, url: address }) => ({ uuid, name, url: address })),
    report: (row) => row.report ?? [],
    is_usage_based: (row) => row.offering.components.some(({ billingType }) => billingType === 'usage'),
    is_limit_based: (row) => row.offering.components.some(({ billingType }) => billingType === 'limit'),
    paused: (row) => row.paused,
    downscaled: (row) => row.downscaled,
    restrict_member_access: (row) => row.restrictMemberAccess,
    usage_limit_restriction: () => '',
    end_date: (row) => row.endDate ?? null,
    end_date_requested_by: () => null,
    end_date_updated_at: () => null,
    resource_effective_end_date: (row) => row.endDate ?? null,
    renewal_date: () => null,
    username: () => null,
    available_actions: (row) => (row.state === 'OK' ? ['terminate', 'update_limits'] : []),
    can_terminate: (row) => row.state === 'OK' || row.state === 'Erred',
    error_message: (row) => row.errorMessage,
    error_traceback: (row) => row.errorTraceback,
    has_api_keys: (row, { world }) => world.store.keys.by('resource', row.uuid).length > 0,
    order_in_progress: (row, to) => {
      const open = to.world.store.orders.by('resource', row.uuid).find(({ state }) => OPEN.includes(state));
      return open === undefined ? null : renderOrder(open, to);
    },
    creation_order: (row, to) => {
      const creation = to.world.store.orders.by('resource', row.uuid).find(({ type }) => type === 'Create');
      return creation === undefined ? null : renderOrder(creation, to);
    },
    user_requires_reconsent: () => false,
  },
  {
    lacks: `customer_slug end_date_updated_at has_api_keys last_sync offering_backend_id offering_components
      offering_slug offering_state project_effective_end_date project_is_in_grace_period project_slug
      provider_description provider_slug renewal_date resource_effective_end_date usage_limit_restriction
      user_requires_reconsent`,
    has: {
      offering_customer_uuid: (row) => row.offering.customer.uuid,
      offering_terms_of_service: () => '',
      report: (row) => row.report,
      current_usages: (row) => asTexts(row.currentUsages),
      limit_usage: (row) => asTexts(row.currentUsages),
    },
  },
);

function asTexts(usages: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(usages).map(([type, amount]) => [type, typeof amount === 'number' ? amount.toFixed(2) : amount]),
  );
}
