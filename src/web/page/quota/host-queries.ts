import { get } from '../api.ts';
import type { DeviceShape } from './shapes.ts';

interface Asked {
  readonly signal: AbortSignal;
}

export const HOSTS = {
  queryKey: ['hosts'],
  queryFn: ({ signal }: Asked) => get<readonly { readonly id: string }[]>('api/hosts', signal),
} as const;

/** Each host is asked for itself: the others do not wait for one that is silent. */
export function devicesOf(host: string) {
  return {
    queryKey: ['quotas', host],
    queryFn: ({ signal }: Asked) => get<readonly DeviceShape[]>(`api/quotas/${encodeURIComponent(host)}`, signal),
    // The agent has asked more than once already.
    retry: false,
  } as const;
}
