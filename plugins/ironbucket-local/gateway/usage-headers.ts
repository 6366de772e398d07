import type { Deps } from '../deps.ts';

/** What a bucket holds and may hold, on every answer about it. Without a limit there is no header for it. */
export async function usageHeaders(
  { quotas }: Pick<Deps, 'quotas'>,
  bucket: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  if (bucket === '') return {};
  const state = await quotas.state(bucket, signal).catch(() => undefined);
  if (state === undefined) return {};
  const { maxBytes, usedBytes, objects } = state;
  return {
    'x-amz-bucket-usage': String(usedBytes),
    'x-amz-bucket-objects': String(objects),
    ...(maxBytes !== null && { 'x-amz-bucket-quota': String(maxBytes) }),
  };
}
