import type { Call } from '../call.ts';
import type { Offering } from '../model.ts';
import { demand, type Permission, seesOffering } from '../permissions.ts';
import { notFound } from '../reply.ts';

/** An offering the caller provides. @throws Refusal 404 */
export function findOffering(call: Call): Offering {
  const offering = call.world.store.offerings.get(call.uuid);
  if (offering === undefined || !seesOffering(call.user, offering)) throw notFound('Offering');
  return offering;
}

/** An offering the caller may change. @throws Refusal 404, 403 */
export function openOffering(call: Call, permission: Permission): Offering {
  const offering = findOffering(call);
  demand(call.world.settings.profile, call.user, permission, offering);
  return offering;
}
