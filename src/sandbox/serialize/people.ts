import type { JsonObject } from '../../lib/json.ts';
import type { Category, Customer, Project, User } from '../model.ts';
import { type Rendering, renderer, type Shape, url } from './fields.ts';

export const renderUser = renderer<User>(
  {
    url: (row, to) => url(to, 'users', row.uuid),
    uuid: (row) => row.uuid,
    username: (row) => row.username,
    slug: (row) => row.username,
    full_name: (row) => row.fullName,
    first_name: (row) => row.fullName.split(' ')[0] ?? '',
    last_name: (row) => row.fullName.split(' ').slice(1).join(' '),
    native_name: () => '',
    job_title: () => '',
    email: (row) => row.email,
    phone_number: () => '',
    organization: () => '',
    civil_number: () => null,
    description: () => '',
    is_staff: (row) => row.isStaff,
    is_active: (row) => row.isActive,
    is_support: () => false,
    token_lifetime: (row) => row.tokenLifetime ?? null,
    token_expires_at: (row, { world }) =>
      row.tokenLifetime === undefined ? null : new Date(world.clock.nowMs() + row.tokenLifetime * 1000).toISOString(),
    registration_method: () => 'default',
    date_joined: (row) => row.created,
    agreement_date: (row) => row.created,
    notifications_enabled: () => true,
    preferred_language: () => 'en',
    permissions: (row, to) => row.roles.map((role) => renderPermission(row, role, to)),
    requested_email: () => null,
    affiliations: () => [],
    identity_provider_name: () => '',
    identity_provider_label: () => '',
    identity_provider_management_url: () => '',
    identity_provider_fields: () => [],
    image: () => null,
    identity_source: () => '',
    has_active_session: () => false,
    ip_address: () => null,
  },
  {
    lacks: 'has_active_session ip_address notifications_enabled token_expires_at',
    has: {
      token: (row, { world }) => [...world.store.tokens.values()].find(({ user }) => user === row)?.key ?? '',
      agreement_date: () => null,
      ...ofStaff({
        description: () => '',
        is_active: (row) => row.isActive,
        is_staff: (row) => row.isStaff,
        is_support: () => false,
      }),
    },
  },
);

/** Keys that the 2024 release shows to staff only. */
function ofStaff(shape: Shape<User>): Shape<User> {
  const entries = Object.entries(shape).map(([name, render]) => {
    const guarded: Shape<User>[string] = (row, to) => (row.isStaff ? render(row, to) : undefined);
    return [name, guarded] as const;
  });
  return Object.fromEntries(entries);
}

function renderPermission(user: User, role: User['roles'][number], { world }: Rendering): JsonObject {
  const { customers, offerings, projects } = world.store;
  const scope = { customer: customers, offering: offerings, project: projects }[role.scopeType].get(role.scope);
  const customer = scope !== undefined && 'customer' in scope ? scope.customer : customers.get(role.scope);
  return {
    user_uuid: user.uuid,
    user_name: user.fullName,
    user_slug: user.username,
    created: user.created,
    expiration_time: null,
    created_by_full_name: '',
    created_by_username: '',
    role_name: role.name,
    role_description: '',
    role_uuid: role.scope,
    scope_type: role.scopeType,
    scope_uuid: role.scope,
    scope_name: scope?.name ?? '',
    customer_uuid: customer?.uuid ?? null,
    customer_name: customer?.name ?? '',
  };
}

export const renderCustomer = renderer<Customer>({
  url: (row, to) => url(to, 'customers', row.uuid),
  uuid: (row) => row.uuid,
  created: (row) => row.created,
  name: (row) => row.name,
  slug: (row) => row.slug,
  display_name: (row) => row.name,
  native_name: () => '',
  abbreviation: (row) => row.abbreviation,
  description: () => '',
  backend_id: () => '',
  blocked: (row) => row.blocked,
  archived: (row) => row.archived,
  email: () => '',
  country: () => '',
  is_service_provider: (row) => row.serviceProvider !== undefined,
  service_provider: (row, to) =>
    row.serviceProvider === undefined ? null : url(to, 'marketplace-service-providers', row.serviceProvider),
  service_provider_uuid: (row) => row.serviceProvider ?? null,
  organization_groups: () => [],
  payment_profiles: () => [],
});

/** The profile under which a customer sells. */
export const renderServiceProvider = renderer<Customer>({
  url: (row, to) => url(to, 'marketplace-service-providers', row.serviceProvider ?? ''),
  uuid: (row) => row.serviceProvider ?? '',
  created: (row) => row.created,
  description: () => '',
  enable_notifications: () => true,
  customer: (row, to) => url(to, 'customers', row.uuid),
  customer_name: (row) => row.name,
  customer_uuid: (row) => row.uuid,
  customer_image: () => null,
  customer_abbreviation: (row) => row.abbreviation,
  customer_slug: (row) => row.slug,
  customer_native_name: () => '',
  customer_country: () => '',
  image: () => null,
  organization_groups: () => [],
  offering_count: (row, { world }) => world.store.offerings.by('customer', row.uuid).length,
});

export const renderProject = renderer<Project>({
  url: (row, to) => url(to, 'projects', row.uuid),
  uuid: (row) => row.uuid,
  name: (row) => row.name,
  slug: (row) => row.slug,
  customer: (row, to) => url(to, 'customers', row.customer.uuid),
  customer_uuid: (row) => row.customer.uuid,
  customer_name: (row) => row.customer.name,
  customer_slug: (row) => row.customer.slug,
  customer_native_name: () => '',
  customer_abbreviation: (row) => row.customer.abbreviation,
  description: (row) => row.description,
  created: (row) => row.created,
  type: () => null,
  type_name: () => null,
  type_uuid: () => null,
  backend_id: () => '',
  start_date: (row) => row.startDate ?? null,
  end_date: (row) => row.endDate ?? null,
  end_date_requested_by: () => null,
  is_industry: () => false,
  image: () => null,
  is_removed: () => false,
});

export const renderCategory = renderer<Category>({
  url: (row, to) => url(to, 'marketplace-categories', row.uuid),
  uuid: (row) => row.uuid,
  title: (row) => row.title,
  description: (row) => row.description,
  icon: () => null,
  offering_count: (row, { world }) => world.store.offerings.all().filter(({ category }) => category === row).length,
  available_offerings_count: () => 0,
  sections: () => [],
  columns: () => [],
  components: () => [],
  articles: () => [],
  group: () => null,
});
