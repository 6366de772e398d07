import { nameOfId } from '../host/name-of-id.ts';
import type { Docker, View } from './docker.ts';
import type { NameOf } from './format.ts';

/** Names of everyone in the view and of everyone with a limit. */
export async function namesIn(docker: Docker, view: View, signal: AbortSignal): Promise<NameOf> {
  const uids = new Set([...view.usage.users.keys(), ...(await docker.limits()).keys()]);
  for (const { attribution } of view.items) if (attribution.evidence !== undefined) uids.add(attribution.evidence.uid);
  const names = await docker.names.userNames([...uids], signal);
  return (uid) => nameOfId(names, uid);
}
