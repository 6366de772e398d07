/** What the API of host-quota answers: `plugins/host-quota/openapi.ts`. Limits of space in KiB, usage in bytes, times in epoch seconds. */

export interface QuotaShape {
  readonly uid: number;
  readonly name: string;
  readonly block_hard_limit: number;
  readonly block_soft_limit: number;
  readonly block_current: number;
  readonly inode_hard_limit?: number;
  readonly inode_soft_limit?: number;
  readonly inode_current?: number;
  readonly block_time_limit: number;
  readonly inode_time_limit?: number;
  readonly docker_container_bytes?: number;
  readonly docker_image_layer_bytes?: number;
  readonly docker_volume_bytes?: number;
}

export interface DeviceShape {
  readonly name: string;
  readonly mount_points: readonly string[];
  readonly fstype: string;
  readonly usage: { readonly free: number; readonly total: number; readonly used: number; readonly percent: number };
  readonly user_quota_format?: string;
  readonly user_quotas?: readonly QuotaShape[];
  readonly unattributed_usage?: number;
  /** Why it cannot be read now; its numbers mean nothing then. */
  readonly unavailable?: string;
}

/** The answer of one host; one that does not answer has its error here, and the others are as they are. */
export type HostAnswer<T> = { readonly results: T } | { readonly error: { readonly msg: string } };
/** By host, or by `host|user`. */
export type Aggregate<T> = Readonly<Record<string, HostAnswer<T>>>;

export type PingShape = Readonly<
  Record<string, { readonly status: string; readonly latency_ms?: number; readonly error?: string }>
>;

export interface LimitsShape {
  readonly block_hard_limit: number;
  readonly block_soft_limit: number;
  readonly inode_hard_limit: number;
  readonly inode_soft_limit: number;
}

export interface MappingShape {
  readonly oauth_user_name: string;
  readonly host_id: string;
  readonly host_user_name: string;
  /** `waiting`, `approved` or `rejected`; without it approved. */
  readonly state?: string;
  readonly proof?: string;
}

export interface NotificationShape {
  readonly id: string;
  readonly at: string;
  readonly host_id: string;
  readonly host_user_name: string;
  readonly event_type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface ReviewShape {
  readonly kind: 'container' | 'layer' | 'volume';
  readonly id: string;
  readonly name: string;
  readonly size_bytes: number | null;
  readonly host_user_name: string | null;
  readonly attribution: string | null;
  readonly label: string | null;
  readonly conflict: string | null;
  readonly evidence: {
    readonly event: string;
    readonly at: number;
    readonly uid: number;
    readonly text: string;
  } | null;
  readonly reason: string;
  readonly image?: string;
}
