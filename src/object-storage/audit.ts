/** What happened to an object, for whoever must account for it later. */
export interface AuditRecord {
  readonly event:
    | 'log_sample_uploaded'
    | 'log_sample_deleted'
    | 'ta_bundle_uploaded'
    | 'debug_bundle_uploaded'
    | 'upload_aborted';
  readonly request_id: string;
  readonly storage_key: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly user_id: string | null;
}

/** The id in a key: its second part. */
export function idIn(key: string): string {
  return key.split('/')[1] ?? '';
}
