import type { JsonSchema, Metering } from '../plugin/contract.ts';

/**
 * Keys of the reference agent's configuration that have no effect here, each with the reason an operator is shown. They
 * are accepted so that an existing file loads.
 */
type IgnoredKeys = Readonly<Record<string, string>>;

export const IGNORED_AT_TOP: IgnoredKeys = {
  sentry_dsn: 'errors go to the log and to the metrics',
  elastic_apm_server_url: 'errors and durations go to the log and to the metrics',
  expose_backend_error_details: 'consumers are always told in words what was refused, and never shown a stack trace',
};

export const IGNORED_IN_LOG_SHIPPING: IgnoredKeys = {
  ship_interval_seconds: 'the interval is fixed',
  buffer_size_mb: 'the buffer is bounded by itself',
  log_level: 'warnings and errors are shipped',
};

export const IGNORED_IN_OFFERING: IgnoredKeys = {
  membership_sync_backend: 'storage accounts have no members',
  username_management_backend: 'account names are built by the agent',
  mqtt_enabled: 'Waldur announces events over STOMP',
  stomp_membership_sync_enabled: 'storage accounts have no members',
  resource_import_enabled:
    'accounts that belong to no resource can always be imported, where the backend can list them',
  username_reconciliation_enabled: 'account names are built by the agent',
  preserve_unmanaged_backend_users: 'accounts without the stamp of the agent are never touched',
  omit_anomalous_usage_components: 'a component whose usage shrank never holds back the others; see `allow_decrease`',
};

export const IGNORED_IN_SETTINGS: IgnoredKeys = {
  allocation_prefix: 'the prefix of new accounts is a setting of the backend, such as `user_prefix`',
  project_prefix: 'accounts are named after organisation, project and resource, with one prefix',
  customer_prefix: 'accounts are named after organisation, project and resource, with one prefix',
  soft_delete: '`on_terminate` decides what becomes of the data: refuse, suspend or purge',
  check_backend_id_uniqueness: 'account names end in the UUID of the resource',
  check_all_offerings: 'account names end in the UUID of the resource',
  backend_id_max_retries: 'account names end in the UUID of the resource',
};

/** Environment variables of the reference agent, and the keys that take their place. */
export const REPLACED_VARIABLES: Readonly<Record<string, string>> = {
  WALDUR_SITE_AGENT_ORDER_PROCESS_PERIOD_MINUTES: 'poll_interval',
  WALDUR_SITE_AGENT_REPORT_PERIOD_MINUTES: 'report_schedule',
  WALDUR_SITE_AGENT_RECONCILIATION_PERIOD_MINUTES: 'upkeep_interval',
  WALDUR_VERIFY_SSL: 'verify_ssl',
};

/** Values of `reporting_backend` with which the reference agent meters in another way than `metering` does by default. */
export const METERING_OF_REPORTING_BACKEND: Readonly<Record<string, Metering>> = { 'croit-usage': 'gb_days' };

/** Waldur's own fields of a component: not used while orders are worked on, passed on by `agent components push`. */
export const PUBLISHED_IN_COMPONENT: Readonly<Record<string, JsonSchema>> = {
  description: { type: 'string' },
  article_code: { type: 'string' },
  limit_period: { enum: ['annual', 'month', 'quarterly', 'total'] },
  max_available_limit: { type: 'integer' },
  default_limit: { type: 'integer', minimum: 0 },
  is_boolean: { type: 'boolean' },
  is_prepaid: { type: 'boolean' },
  min_prepaid_duration: { type: 'integer' },
  max_prepaid_duration: { type: 'integer' },
  prepaid_duration_step: { type: 'integer' },
  min_renewal_duration: { type: 'integer' },
  max_renewal_duration: { type: 'integer' },
  renewal_duration_step: { type: 'integer' },
};

/** Properties that accept anything and say why it is ignored. */
export function ignoredProperties(keys: IgnoredKeys): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(keys).map(([key, why]) => [key, { description: `No effect: ${why}.`, 'x-ignored': why }]),
  );
}
