import { createHash } from 'node:crypto';
import { addToken } from './auth.ts';
import type { Component, Customer, Offering, Project, Role, User } from './model.ts';
import { addOffering, addPlan, type Site } from './offerings.ts';
import { slugify } from './rules/slug.ts';

/** UUIDs of the default fixture, those of the upstream end-to-end preset where it has them. */
export const FIXTURE = {
  provider: 'e2ec0000000000000000000000000001',
  otherProvider: 'e2ec0000000000000000000000000002',
  consumer: 'c0c0c0c0c0c04c0c8c0cc0c0c0c0c0c0',
  category: 'e2ed0000000000000000000000000002',
  project: 'b0b0b0b0b0b04b0b8b0bb0b0b0b0b0b0',
  secondProject: 'b1b1b1b1b1b14b1b8b1bb1b1b1b1b1b1',
  /** Components `storage` and `objects`, billed by limit. */
  limit: 'e2ef0000000000000000000000000001',
  /** Component `storage`, billed by use. */
  usage: 'e2ef0000000000000000000000000002',
  /** Options `storage_limit` and `object_limit`, changed by orders. */
  options: 'e2ef0000000000000000000000000003',
  /** `Marketplace.Basic`: an agent's requests there get 405. */
  basic: 'e2ef0000000000000000000000000004',
  plan: 'e2e00000000000000000000000000011',
  biggerPlan: 'e2e00000000000000000000000000012',
} as const;

const AGENT_TOKEN = 'e2e0000000000000000000000000token001';

/** The token of a seeded user. */
export function tokenOf(username: string): string {
  if (username === 'provider-owner') return AGENT_TOKEN;
  return createHash('sha1').update(`sandbox:${username}`).digest('hex');
}

/** One provider, another one, a consumer with two projects, four offerings, and users who may and may not use them. */
export function loadFixture(site: Site): void {
  const provider = addCustomer(site, { uuid: FIXTURE.provider, name: 'Provider Org', abbreviation: 'PO' }, true);
  const other = addCustomer(site, { uuid: FIXTURE.otherProvider, name: 'Other Provider', abbreviation: 'OP' }, true);
  const acme = addCustomer(site, { uuid: FIXTURE.consumer, name: 'ACME', abbreviation: 'ACME' }, false);
  const projects = [
    addProject(site, acme, { uuid: FIXTURE.project, name: 'Genomics' }),
    addProject(site, acme, { uuid: FIXTURE.secondProject, name: 'Climate' }),
  ];
  const offerings = addOfferings(site, provider);
  const role = (name: string, scopeType: Role['scopeType'], { uuid: scope }: { readonly uuid: string }): Role => ({
    name,
    scopeType,
    scope,
  });
  addUser(site, { username: 'staff', fullName: 'Staff Member', isStaff: true });
  addUser(site, { username: 'provider-owner', roles: [role('CUSTOMER.OWNER', 'customer', provider)] });
  addUser(site, {
    username: 'offering-manager',
    roles: [
      ...offerings.map((row) => role('OFFERING.MANAGER', 'offering', row)),
      // Comes by itself with the first role on an offering.
      ...(site.settings.profile === '2024' ? [role('CUSTOMER.MANAGER', 'customer', provider)] : []),
    ],
  });
  addUser(site, { username: 'other-provider', roles: [role('CUSTOMER.OWNER', 'customer', other)] });
  addUser(site, {
    username: 'consumer',
    fullName: 'Alice A.',
    roles: projects.map((row) => role('PROJECT.ADMIN', 'project', row)),
  });
  addUser(site, {
    username: 'member',
    fullName: 'Bob B.',
    roles: projects.map((row) => role('PROJECT.MEMBER', 'project', row)),
  });
  addUser(site, { username: 'nobody' });
}

export function addUser(site: Site, input: Partial<User> & Pick<User, 'username'>): User {
  const user = site.store.users.insert({
    uuid: site.ids.uuid(),
    fullName: input.username,
    email: `${input.username}@example.org`,
    isStaff: false,
    isActive: true,
    tokenLifetime: undefined,
    created: site.clock.stamp(),
    roles: [],
    ...input,
  });
  addToken(site, user, tokenOf(user.username));
  return user;
}

export function addProject(
  site: Site,
  customer: Customer,
  input: Partial<Omit<Project, 'slug'>> & Pick<Project, 'name'>,
): Project {
  return site.store.projects.insert({
    uuid: site.ids.uuid(),
    description: '',
    customer,
    created: site.clock.stamp(),
    startDate: undefined,
    endDate: undefined,
    ...input,
    slug: slugify(input.name, site.store.slugs),
  });
}

export function newComponent(site: Site, input: Partial<Component> & Pick<Component, 'type'>): Component {
  return {
    uuid: site.ids.uuid(),
    name: input.type,
    description: '',
    measuredUnit: '',
    billingType: 'limit',
    limitPeriod: 'month',
    limitAmount: null,
    unitFactor: 1,
    minValue: null,
    maxValue: null,
    maxAvailableLimit: null,
    defaultLimit: null,
    articleCode: '',
    isBoolean: false,
    isPrepaid: false,
    isBuiltin: false,
    ...input,
  };
}

function addCustomer(site: Site, input: Pick<Customer, 'uuid' | 'name' | 'abbreviation'>, sells: boolean): Customer {
  return site.store.customers.insert({
    ...input,
    slug: slugify(input.name, site.store.slugs),
    created: site.clock.stamp(),
    blocked: false,
    archived: false,
    serviceProvider: sells ? site.ids.uuid() : undefined,
  });
}

function addOfferings(site: Site, customer: Customer): Offering[] {
  const category = site.store.categories.insert({ uuid: FIXTURE.category, title: 'Storage', description: '' });
  const common = { customer, category };
  const storage = {
    type: 'storage',
    name: 'Storage',
    measuredUnit: 'GB',
    minValue: 1,
    maxValue: 10_000,
    defaultLimit: 100,
  };
  const objects = { type: 'objects', name: 'Objects', measuredUnit: 'objects', defaultLimit: 1_000_000 };
  const integer = (label: string) => ({ type: 'integer', label, required: false, min: 1, max: 100_000_000 });
  const form = {
    order: ['storage_limit', 'object_limit'],
    options: { storage_limit: integer('Storage limit, GB'), object_limit: integer('Object limit') },
  };
  const limit = addOffering(site, {
    ...common,
    uuid: FIXTURE.limit,
    name: 'S3 storage',
    pluginOptions: { can_restore_resource: true },
    components: [newComponent(site, storage), newComponent(site, objects)],
  });
  const usage = addOffering(site, {
    ...common,
    uuid: FIXTURE.usage,
    name: 'S3 metered',
    components: [newComponent(site, { ...storage, billingType: 'usage', defaultLimit: null })],
  });
  const options = addOffering(site, {
    ...common,
    uuid: FIXTURE.options,
    name: 'S3 options',
    options: form,
    resourceOptions: form,
    pluginOptions: {
      create_orders_on_resource_option_change: true,
      can_restore_resource: true,
      disable_autoapprove: true,
    },
    components: [newComponent(site, { ...storage, billingType: 'usage', defaultLimit: null })],
  });
  const basic = addOffering(site, { ...common, uuid: FIXTURE.basic, name: 'Basic help', type: 'Marketplace.Basic' });
  const offerings = [limit, usage, options, basic];
  for (const offering of offerings) {
    const first = offering === limit;
    const prices = Object.fromEntries(offering.components.map(({ type }) => [type, 0.02]));
    const uuid = first ? { uuid: FIXTURE.plan } : {};
    addPlan(site, offering, { name: 'Standard', prices, quotas: { storage: 100 }, ...uuid });
    const bigger = first ? { uuid: FIXTURE.biggerPlan } : {};
    addPlan(site, offering, { name: 'Premium', prices, quotas: { storage: 1000 }, ...bigger });
  }
  return offerings;
}
