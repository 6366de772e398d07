import type { Customer, Offering, Order, Project, Resource, User } from './model.ts';
import type { Profile } from './profile.ts';
import { forbidden } from './reply.ts';

/** Where a role counts: on the customer that owns the offering, or on the offering itself. */
type Scope = 'customer' | 'offering';

const EITHER: readonly Scope[] = ['customer', 'offering'];
const OWNER: readonly Scope[] = ['customer'];

/** Which role of the provider opens which action. */
const RULES = {
  'order.approve': OWNER,
  'order.reject': OWNER,
  'order.set_provider_info': OWNER,
  'order.set_state': EITHER,
  'resource.set_backend_id': EITHER,
  'resource.set_state': OWNER,
  'resource.set_state_loose': EITHER,
  'resource.set_backend_metadata': OWNER,
  'resource.set_membership': EITHER,
  'resource.submit_report': OWNER,
  'resource.update_options': OWNER,
  'resource.api_keys': EITHER,
  'usage.set': EITHER,
  'usage.backfill': OWNER,
  'offering.components': EITHER,
  'offering.update': OWNER,
  'offering.agent': EITHER,
} as const satisfies Record<string, readonly Scope[]>;
export type Permission = keyof typeof RULES;

/** The 2024 release asks for a role on the customer for every order state action. */
const OWNER_IN_2024: readonly Permission[] = ['order.set_state'];

/** Given by the 2024 release to every offering manager on the customer, without these. */
const MANAGER = 'CUSTOMER.MANAGER';
const MANAGER_LACKS: readonly Permission[] = ['order.approve', 'order.reject', 'order.set_state', 'offering.update'];

/** Whether `user` may do this to things of `offering`, as provider. */
export function allows(profile: Profile, user: User, permission: Permission, offering: Offering): boolean {
  if (user.isStaff) return true;
  const scopes: readonly Scope[] = profile === '2024' && OWNER_IN_2024.includes(permission) ? OWNER : RULES[permission];
  const lacks = profile === '2024' && MANAGER_LACKS.includes(permission) ? MANAGER : undefined;
  return scopes.some((scope) => {
    const uuid = scope === 'customer' ? offering.customer.uuid : offering.uuid;
    return user.roles.some((role) => role.scopeType === scope && role.scope === uuid && role.name !== lacks);
  });
}

export function owns(user: User, customer: Pick<Customer, 'uuid'>): boolean {
  return user.roles.some(({ scope, name }) => scope === customer.uuid && name !== MANAGER);
}

/** @throws Refusal 403 */
export function demand(profile: Profile, user: User, permission: Permission, offering: Offering): void {
  if (!allows(profile, user, permission, offering)) throw forbidden();
}

export function holds(user: User, scopeType: 'customer' | 'offering' | 'project', scope: string): boolean {
  return user.roles.some((role) => role.scopeType === scopeType && role.scope === scope);
}

/** Provider's view of an offering and what belongs to it. */
export function seesOffering(user: User, offering: Offering): boolean {
  return user.isStaff || holds(user, 'customer', offering.customer.uuid) || holds(user, 'offering', offering.uuid);
}

export function seesProject(user: User, project: Project): boolean {
  return user.isStaff || holds(user, 'project', project.uuid) || holds(user, 'customer', project.customer.uuid);
}

/** Consumer's or provider's view. */
export function seesResource(user: User, resource: Resource): boolean {
  return seesOffering(user, resource.offering) || seesProject(user, resource.project);
}

export function seesOrder(user: User, order: Order): boolean {
  return seesResource(user, order.resource);
}

/** Who may approve an order for the consumer: more than a plain member; in the 2024 release no role in the project is enough. */
export function approvesForConsumer(profile: Profile, user: User, project: Project): boolean {
  if (user.isStaff || holds(user, 'customer', project.customer.uuid)) return true;
  if (profile === '2024') return false;
  return user.roles.some((role) => role.scope === project.uuid && role.name !== 'PROJECT.MEMBER');
}

/** Who may order changes of a resource in the 2024 release: not a plain member, not a manager of the offering. */
export function ordersFor(user: User, { project, offering }: Resource): boolean {
  const isAdmin = user.roles.some(({ scope, name }) => scope === project.uuid && name !== 'PROJECT.MEMBER');
  return user.isStaff || isAdmin || owns(user, project.customer) || owns(user, offering.customer);
}

/** Options are for fewer: no role in the project is enough. */
export function ordersForOptions(user: User, resource: Resource): boolean {
  return user.isStaff || owns(user, resource.project.customer) || owns(user, resource.offering.customer);
}
