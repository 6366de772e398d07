import type { Deps } from './deps.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Aborts what was begun too long ago: its parts count against the limit, and most clients never come back to them. */
export async function expireUploads(deps: Deps, bucket: string, signal: AbortSignal): Promise<void> {
  const { objects, quotas, clock, log, settings } = deps;
  const days = settings.multipart_expiry_days;
  if (days === 0) return;
  const oldest = clock.now().getTime() - days * DAY_MS;
  for (const { id, key, initiated } of await objects.uploads.list(bucket, signal)) {
    if (initiated.getTime() >= oldest) continue;
    const reservation = await quotas.reserve(bucket, 0, signal);
    try {
      await objects.uploads.abort({ bucket, key, id }, reservation);
      log.info({ account: bucket, upload: id }, 'an abandoned multipart upload was aborted');
    } finally {
      reservation.release();
    }
  }
}
