import type { Metering } from '../plugin/contract.ts';
import type { Config, OfferingConfig } from './types.ts';

/** The shapes `schema.ts` guarantees for valid data, defaults filled in. */
export interface RawConfig {
  readonly timezone: string;
  readonly state?: string;
  readonly journal_days: number;
  readonly log_level: string;
  readonly log_format?: Config['logFormat'];
  readonly listen: string;
  readonly web?: RawWeb;
  readonly concurrency: number;
  readonly order_deadline: string;
  readonly drain_timeout: string;
  readonly reconcile_interval: string;
  readonly poll_interval: string;
  readonly upkeep_interval: string;
  readonly report_schedule: string;
  readonly sample_interval: string;
  readonly reporting_periods: number;
  readonly report_users: boolean;
  readonly log_shipping?: { readonly enabled: boolean };
  readonly approval: OfferingConfig['approval'];
  readonly policy: OfferingConfig['policy'];
  readonly strict_secrets: boolean;
  readonly global_proxy?: string;
  readonly offerings: readonly RawOffering[];
}

export interface RawWeb {
  readonly public_url?: string;
  readonly base_path?: string;
  readonly login?: {
    readonly issuer: string;
    readonly client_id: string;
    readonly client_secret?: string;
    readonly ca_file?: string;
    readonly proxy?: string;
    readonly scope: string;
    readonly user_claim: string;
    readonly role_claim?: string;
    readonly admins: readonly string[];
    readonly session: string;
  };
}

export interface RawOffering {
  readonly name: string;
  readonly waldur_api_url: string;
  readonly waldur_api_token?: string;
  readonly waldur_api_token_type: 'token' | 'bearer';
  readonly oidc_token_url?: string;
  readonly oidc_client_id?: string;
  readonly oidc_client_secret?: string;
  readonly oidc_scope?: string;
  readonly waldur_offering_uuid: string;
  readonly verify_ssl: boolean;
  readonly ca_file?: string;
  readonly proxy?: string;
  readonly stomp_enabled: boolean;
  readonly stomp_ws_host?: string;
  readonly stomp_ws_port?: number;
  readonly stomp_ws_path: string;
  readonly websocket_use_tls?: boolean;
  readonly backend_type: string;
  readonly backend_settings: RawSettings;
  readonly backend_concurrency: number;
  readonly backend_rate?: number;
  readonly backend_capacity_gb?: number;
  readonly backend_components: Readonly<Record<string, RawComponent>>;
  readonly approval?: OfferingConfig['approval'];
  readonly policy?: OfferingConfig['policy'];
  readonly allow_decrease?: boolean;
  readonly order_processing_backend?: unknown;
  readonly reporting_backend?: unknown;
}

export interface RawSettings {
  readonly on_terminate: OfferingConfig['onTerminate'];
  readonly metering: Metering;
  readonly credentials: OfferingConfig['credentials'];
  readonly [setting: string]: unknown;
}

export interface RawComponent {
  readonly accounting_type: 'usage' | 'limit';
  readonly backend_name?: string;
  readonly unit_factor?: number;
  readonly unit_factor_reporting?: number;
  readonly enforce_limits?: boolean;
  readonly measured_unit?: string;
  readonly label?: string;
  readonly limit?: number;
  readonly default_limit?: number;
  readonly min_value?: number;
  readonly max_value?: number;
  readonly options?: readonly string[];
  readonly [published: string]: unknown;
}
