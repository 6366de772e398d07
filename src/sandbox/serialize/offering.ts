import type { JsonObject } from '../../lib/json.ts';
import type { Component, Offering, Plan } from '../model.ts';
import { isOlder, type Older, type Rendering, renderer, type Shape, url } from './fields.ts';

export function renderComponent(row: Component, offeringUuid: string, older = false): JsonObject {
  return {
    uuid: row.uuid,
    offering_uuid: offeringUuid,
    type: row.type,
    name: row.name,
    description: row.description,
    measured_unit: row.measuredUnit,
    unit_factor: row.unitFactor,
    billing_type: row.billingType,
    limit_period: row.limitPeriod,
    limit_amount: row.limitAmount,
    min_value: row.minValue,
    max_value: row.maxValue,
    max_available_limit: row.maxAvailableLimit,
    default_limit: row.defaultLimit,
    is_boolean: row.isBoolean,
    article_code: row.articleCode,
    factor: older ? null : row.unitFactor,
    is_builtin: row.isBuiltin,
    overage_component: null,
    ...(older ? {} : { is_prepaid: row.isPrepaid, min_prepaid_duration: null, max_prepaid_duration: null }),
  };
}

export function renderPlan(row: Plan, offering: Offering, to: Rendering): JsonObject {
  return {
    uuid: row.uuid,
    url: `${to.base}marketplace-plans/${row.uuid}/`,
    name: row.name,
    description: row.description,
    article_code: '',
    max_amount: null,
    archived: row.archived,
    is_active: true,
    unit_price: row.unitPrice,
    unit: row.unit,
    init_price: 0,
    switch_price: 0,
    backend_id: '',
    organization_groups: [],
    components: offering.components.map(({ type, name, measuredUnit }) => ({
      type,
      name,
      measured_unit: measuredUnit,
      amount: row.quotas[type] ?? 0,
      price: (row.prices[type] ?? 0).toFixed(10),
      future_price: null,
      discount_threshold: null,
      discount_rate: null,
    })),
    offering: url(to, 'marketplace-provider-offerings', offering.uuid),
    prices: Object.fromEntries(Object.entries(row.prices).map(([type, price]) => [type, String(price)])),
    future_prices: {},
    quotas: row.quotas,
    resources_count: 0,
    plan_type: 'usage-based',
    minimal_price: 0,
  };
}

/** A plan as `marketplace-plans` shows it; the 2024 release shows all of it whatever was asked for. */
export function renderSoldPlan(row: Plan, offering: Offering, to: Rendering, fields: readonly string[]): JsonObject {
  const { components, ...plan } = renderPlan(row, offering, to);
  const sum = Object.values(row.prices).reduce((total, price) => total + price, 0);
  if (isOlder(to)) return { ...plan, minimal_price: sum };
  const whole = { ...plan, components: components ?? [] };
  return fields.length === 0
    ? whole
    : Object.fromEntries(Object.entries(whole).filter(([key]) => fields.includes(key)));
}

const shape: Shape<Offering> = {
  url: (row, to) => url(to, 'marketplace-provider-offerings', row.uuid),
  uuid: (row) => row.uuid,
  created: (row) => row.created,
  name: (row) => row.name,
  slug: (row) => row.slug,
  description: (row) => row.description,
  full_description: () => '',
  privacy_policy_link: () => '',
  access_url: () => '',
  endpoints: () => [],
  software_catalogs: () => [],
  partitions: () => [],
  roles: () => [],
  customer: (row, to) => url(to, 'customers', row.customer.uuid),
  customer_uuid: (row) => row.customer.uuid,
  customer_name: (row) => row.customer.name,
  project: () => null,
  project_uuid: () => null,
  project_name: () => null,
  category: (row, to) => url(to, 'marketplace-categories', row.category.uuid),
  category_uuid: (row) => row.category.uuid,
  category_title: (row) => row.category.title,
  attributes: () => ({}),
  options: (row) => row.options,
  resource_options: (row) => row.resourceOptions,
  components: (row, to) => row.components.map((component) => renderComponent(component, row.uuid, isOlder(to))),
  plugin_options: (row) => row.pluginOptions,
  secret_options: () => ({}),
  service_attributes: () => ({}),
  state: (row) => row.state,
  vendor_details: () => '',
  getting_started: () => '',
  integration_guide: () => '',
  thumbnail: () => null,
  order_count: (row, { world }) => world.store.orders.by('offering', row.uuid).length,
  plans: (row, to) => row.plans.map((plan) => renderPlan(plan, row, to)),
  screenshots: () => [],
  type: (row) => row.type,
  shared: (row) => row.shared,
  billable: (row) => row.billable,
  scope: () => '',
  scope_uuid: () => null,
  scope_name: () => null,
  scope_state: () => null,
  scope_error_message: () => null,
  files: () => [],
  quotas: () => [],
  paused_reason: () => '',
  datacite_doi: () => '',
  citation_count: () => 0,
  latitude: () => null,
  longitude: () => null,
  country: () => '',
  backend_id: (row) => row.backendId,
  backend_id_rules: (row) => row.backendIdRules,
  organization_groups: () => [],
  tags: () => [],
  image: () => null,
  total_customers: () => null,
  total_cost: () => null,
  total_cost_estimated: () => null,
  parent_description: () => null,
  parent_uuid: () => null,
  parent_name: () => null,
  backend_metadata: () => ({}),
  has_compliance_requirements: () => false,
  billing_type_classification: (row) => classify(row.components),
  compliance_checklist: () => null,
  integration_status: (row) =>
    [...row.integration.values()].map(({ agentType, status, lastMs }) => ({
      agent_type: agentType,
      status,
      last_request_timestamp: new Date(lastMs).toISOString(),
      service_name: '',
    })),
  google_calendar_is_public: () => null,
  google_calendar_link: () => null,
};

const LACKS = `access_url backend_id_rules billing_type_classification compliance_checklist has_compliance_requirements
    parent_description parent_name parent_uuid partitions project_name project_uuid quotas
    scope_error_message scope_name scope_state scope_uuid software_catalogs tags`;
const TOTALS = 'total_cost total_cost_estimated total_customers';

function older(lacks: string, has: Shape<Offering> = {}): Older<Offering> {
  const empty = () => '';
  return {
    lacks: `${LACKS} ${lacks}`,
    has: {
      native_description: empty,
      native_name: empty,
      rating: () => null,
      terms_of_service: empty,
      terms_of_service_link: empty,
      scope: () => null,
      ...has,
    },
  };
}

/** An offering as its provider sees it. */
export const renderOffering = renderer<Offering>(
  shape,
  older('', { total_cost: () => 0, total_cost_estimated: () => 0, total_customers: () => 0 }),
);

/** One of a list. */
export const renderListedOffering = renderer<Offering>(shape, older(TOTALS));

/** What creating one returns. */
export const renderCreatedOffering = renderer<Offering>(
  shape,
  older(`${TOTALS} google_calendar_is_public google_calendar_link integration_status`),
);

/** An offering as everyone sees it. */
export const renderPublicOffering = renderer<Offering>(
  shape,
  older(`${TOTALS} integration_status secret_options service_attributes`, { promotion_campaigns: () => [] }),
);

function classify(components: readonly Component[]): string {
  const limit = components.some(({ billingType }) => billingType === 'limit');
  const usage = components.some(({ billingType }) => billingType === 'usage');
  if (limit && usage) return 'mixed';
  return limit ? 'limit_only' : 'usage_only';
}
