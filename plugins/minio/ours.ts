import type { Json } from '../../src/lib/json.ts';
import type { AccountRef } from '../../src/plugin/contract.ts';
import { policyName } from './bucket-names.ts';
import type { Deps } from './deps.ts';
import { nameTaken, vanished } from './errors.ts';
import type { AdminUser } from './madmin/admin.ts';
import { stampOf } from './policy.ts';

export interface Ours {
  readonly user: AdminUser;
  readonly policy: Json;
}

/** The account, when it carries the stamp of the resource. @throws AgentError terminal `MINIO_NAME_TAKEN` otherwise */
export async function findOurs(deps: Deps, ref: AccountRef, signal: AbortSignal): Promise<Ours | undefined> {
  const { admin } = deps.client;
  const user = await admin.user(ref.account, signal);
  if (user === undefined) return undefined;
  const policy = await admin.policy(policyName(ref.account), signal);
  if (policy === undefined || stampOf(policy) !== ref.resource) throw nameTaken(ref.account);
  return { user, policy };
}

/** @throws AgentError transient when it is gone: the next pass observes it as absent */
export async function requireOurs(deps: Deps, ref: AccountRef, signal: AbortSignal): Promise<Ours> {
  const ours = await findOurs(deps, ref, signal);
  if (ours === undefined) throw vanished(ref.account);
  return ours;
}
