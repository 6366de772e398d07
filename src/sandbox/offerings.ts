import type { Offering, Plan } from './model.ts';
import { slugify } from './rules/slug.ts';
import type { World } from './world.ts';

/** What a row can be made from: identities, stamps and slugs are given by the server. */
export type Site = Pick<World, 'store' | 'clock' | 'ids' | 'settings'>;

export type NewOffering = Pick<Offering, 'name' | 'customer' | 'category'> &
  Partial<Omit<Offering, 'integration' | 'plans' | 'slug' | 'created'>>;

export function addOffering(site: Site, input: NewOffering): Offering {
  return site.store.offerings.insert({
    uuid: site.ids.uuid(),
    type: 'Marketplace.Slurm',
    state: 'Active',
    description: '',
    shared: true,
    billable: true,
    components: [],
    options: {},
    resourceOptions: {},
    pluginOptions: {},
    backendIdRules: {},
    backendId: '',
    ...input,
    slug: slugify(input.name, site.store.slugs),
    created: site.clock.stamp(),
    plans: [],
    integration: new Map(),
  });
}

export function addPlan(site: Site, offering: Offering, input: Partial<Plan> & Pick<Plan, 'name'>): Plan {
  const plan: Plan = {
    uuid: site.ids.uuid(),
    description: '',
    unit: 'month',
    unitPrice: '0.0000000000',
    archived: false,
    prices: {},
    quotas: {},
    ...input,
  };
  offering.plans.push(plan);
  site.store.plans.set(plan.uuid, { plan, offering });
  return plan;
}
