import { policyName } from './bucket-names.ts';
import type { Deps } from './deps.ts';
import { notInForce } from './errors.ts';
import type { AdminUser } from './madmin/admin.ts';

/**
 * Makes the policy of an account hold for its user, whose keys are worth nothing without it. Servers were seen that took
 * an attachment and did not keep it. Returns whether it had to be attached.
 *
 * @param user as it was read; undefined when it was made a moment ago
 * @throws AgentError transient when the server does not show it afterwards
 */
export async function attachPolicy(
  { client: { admin } }: Deps,
  account: string,
  user: AdminUser | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const policy = policyName(account);
  if (user?.policies.includes(policy) === true) return false;
  await admin.attach(account, policy, signal);
  const now = await admin.user(account, signal);
  if (now?.enabled !== (user?.enabled ?? true) || !now.policies.includes(policy)) throw notInForce(account);
  return true;
}
