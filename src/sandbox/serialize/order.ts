import type { Order } from '../model.ts';
import { estimate } from '../rules/limits.ts';
import { updateKind } from '../rules/update-kind.ts';
import { type Rendering, renderer, type Shape, url } from './fields.ts';
import { offeringKeys, planKeys, projectKeys } from './shared.ts';

const shape: Shape<Order> = {
  uuid: (row) => row.uuid,
  url: (row, to) => url(to, 'marketplace-orders', row.uuid),
  slug: (row) => row.slug,
  type: (row) => row.type,
  state: (row) => row.state,
  order_subtype: (row) => (row.type === 'Update' ? updateKind(row.attributes) : null),
  created: (row) => row.created,
  modified: (row) => row.modified,
  completed_at: (row) => row.completedAt ?? null,
  start_date: (row) => row.startDate ?? null,
  ...offeringKeys<Order>((row) => row.resource.offering),
  ...planKeys<Order>((row) => ({ plan: row.plan, offering: row.resource.offering })),
  old_plan_uuid: (row) => row.oldPlan?.uuid ?? null,
  old_plan_name: (row) => row.oldPlan?.name ?? null,
  new_plan_uuid: (row) => row.plan?.uuid ?? null,
  new_plan_name: (row) => row.plan?.name ?? null,
  marketplace_resource_uuid: (row) => row.resource.uuid,
  // The scope of another plugin: site-agent offerings have none since 8.
  resource_uuid: (row) => row.resource.allocation?.uuid ?? null,
  resource_type: (row) => (row.resource.allocation === undefined ? null : 'SLURM.Allocation'),
  resource_name: (row) => row.resource.name,
  attributes: (row) => row.attributes,
  limits: (row) => row.limits,
  ...projectKeys<Order>((row) => row.resource.project),
  created_by_username: (row) => row.createdBy.username,
  created_by_full_name: (row) => row.createdBy.fullName,
  created_by_email: (row) => row.createdBy.email,
  created_by_civil_number: () => null,
  created_by_organization: () => null,
  created_by_organization_country: () => null,
  created_by_organization_registry_code: () => null,
  created_by_organization_vat_code: () => null,
  created_by_organization_address: () => null,
  consumer_reviewed_by: (row) => row.consumerReview?.by.username ?? null,
  consumer_reviewed_by_full_name: (row) => row.consumerReview?.by.fullName ?? null,
  consumer_reviewed_by_username: (row) => row.consumerReview?.by.username ?? null,
  consumer_reviewed_at: (row) => row.consumerReview?.at ?? null,
  provider_reviewed_by: (row) => row.providerReview?.by.username ?? null,
  provider_reviewed_by_full_name: (row) => row.providerReview?.by.fullName ?? null,
  provider_reviewed_by_username: (row) => row.providerReview?.by.username ?? null,
  provider_reviewed_at: (row) => row.providerReview?.at ?? null,
  backend_id: (row) => row.backendId,
  callback_url: () => null,
  request_comment: (row) => row.requestComment ?? null,
  attachment: () => null,
  cost: () => '0.0000000000',
  old_cost_estimate: () => 0,
  new_cost_estimate: () => '0.0000000000',
  fixed_price: () => 0,
  activation_price: () => 0,
  output: () => '',
  output_updated_at: () => null,
  error_message: (row) => row.errorMessage,
  error_traceback: (row) => row.errorTraceback,
  error_updated_at: (row) => row.errorAt ?? null,
  provider_message: (row) => row.providerMessage,
  provider_message_url: (row) => row.providerMessageUrl,
  provider_message_attachment: () => null,
  provider_message_updated_at: (row) => row.providerMessageAt ?? null,
  consumer_message: () => '',
  consumer_message_attachment: () => null,
  consumer_message_updated_at: () => null,
  consumer_rejection_comment: (row) => row.consumerRejection,
  provider_rejection_comment: (row) => row.providerRejection,
  termination_comment: () => null,
  can_terminate: () => false,
  auto_approved: (row) => row.autoApproved,
  auto_approved_by_rule_uuid: () => null,
  auto_approved_cost_limit_snapshot: () => null,
  issue: () => null,
};

const olderCost = (row: Order): number => estimate(row.resource.offering, row.plan, row.limits);
const forStaff = (row: Order, to: Rendering): string | undefined => (to.user?.isStaff ? row.errorTraceback : undefined);

/** An order as `marketplace-orders` shows it. */
export const renderOrder = renderer<Order>(shape, {
  lacks: `attachment auto_approved auto_approved_by_rule_uuid auto_approved_cost_limit_snapshot completed_at
    consumer_message consumer_message_attachment consumer_message_updated_at consumer_rejection_comment
    consumer_reviewed_by_username created_by_email created_by_organization created_by_organization_address
    created_by_organization_country created_by_organization_registry_code created_by_organization_vat_code
    created_by_username error_updated_at old_plan_name old_plan_uuid order_subtype output_updated_at
    provider_description provider_message provider_message_attachment provider_message_updated_at
    provider_message_url provider_rejection_comment provider_reviewed_by_username provider_slug
    request_comment slug start_date url`,
  has: {
    offering_terms_of_service: () => '',
    old_cost_estimate: olderCost,
    new_cost_estimate: olderCost,
    error_traceback: forStaff,
    provider_reviewed_by: (row) => row.providerReview?.by.username,
    provider_reviewed_by_full_name: (row) => row.providerReview?.by.fullName,
  },
});

/** An order as the response to placing it shows it. */
export const renderPlacedOrder = renderer<Order>(shape, {
  lacks: `activation_price attachment auto_approved auto_approved_by_rule_uuid auto_approved_cost_limit_snapshot
    backend_id can_terminate completed_at consumer_message consumer_message_attachment
    consumer_message_updated_at consumer_rejection_comment created_by_civil_number created_by_email
    created_by_organization created_by_organization_address created_by_organization_country
    created_by_organization_registry_code created_by_organization_vat_code customer_slug error_updated_at
    fixed_price issue new_cost_estimate new_plan_name new_plan_uuid old_cost_estimate old_plan_name
    old_plan_uuid order_subtype output_updated_at project_slug provider_description provider_message
    provider_message_attachment provider_message_updated_at provider_message_url provider_rejection_comment
    provider_reviewed_at provider_reviewed_by provider_reviewed_by_full_name provider_reviewed_by_username
    provider_slug request_comment slug start_date termination_comment`,
  has: {
    offering_terms_of_service: () => '',
    created_by: (row, to) => url(to, 'users', row.createdBy.uuid),
    project: (row, to) => url(to, 'projects', row.resource.project.uuid),
    error_traceback: forStaff,
    consumer_reviewed_by: (row, to) =>
      row.consumerReview === undefined ? null : url(to, 'users', row.consumerReview.by.uuid),
    consumer_reviewed_by_full_name: (row) => row.consumerReview?.by.fullName,
    consumer_reviewed_by_username: (row) => row.consumerReview?.by.username,
  },
});
