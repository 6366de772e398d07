import type {
  ApiKey,
  Category,
  Customer,
  Offering,
  Order,
  Plan,
  PlanPeriod,
  Project,
  Resource,
  Token,
  Usage,
  User,
  UserUsage,
} from './model.ts';
import type {
  AgentLog,
  BackendResource,
  Consumer,
  Identity,
  ImportRequest,
  OfferingUser,
  Processor,
  Service,
  Subscription,
  SubscriptionQueue,
} from './model-agent.ts';
import { createTable } from './table.ts';

export type Store = ReturnType<typeof createStore>;

/** Everything the embedded Waldur knows. The indexes are those the agent's list filters need. */
export function createStore() {
  return {
    users: createTable<User>({ username: (row) => row.username }),
    tokens: new Map<string, Token>(),
    customers: createTable<Customer>(),
    projects: createTable<Project>({ slug: (row) => row.slug }),
    categories: createTable<Category>(),
    offerings: createTable<Offering>({ customer: (row) => row.customer.uuid }),
    /** By UUID, with the offering that sells it. */
    plans: new Map<string, { readonly plan: Plan; readonly offering: Offering }>(),
    resources: createTable<Resource>({
      offering: (row) => row.offering.uuid,
      offeringState: (row) => `${row.offering.uuid} ${row.state}`,
      backendId: (row) => row.backendId || undefined,
      slug: (row) => row.slug,
    }),
    orders: createTable<Order>({
      offering: (row) => row.resource.offering.uuid,
      offeringState: (row) => `${row.resource.offering.uuid} ${row.state}`,
      state: (row) => row.state,
      resource: (row) => row.resource.uuid,
      executing: (row) => (row.state === 'executing' ? `${row.resource.uuid} ${row.type}` : undefined),
    }),
    periods: createTable<PlanPeriod>({ resource: (row) => row.resource.uuid }),
    usages: createTable<Usage>({
      resource: (row) => row.resource.uuid,
      resourcePeriod: (row) => `${row.resource.uuid} ${row.billingPeriod}`,
      offering: (row) => row.resource.offering.uuid,
      offeringPeriod: (row) => `${row.resource.offering.uuid} ${row.billingPeriod}`,
    }),
    userUsages: createTable<UserUsage>({
      usage: (row) => row.usage.uuid,
      resource: (row) => row.usage.resource.uuid,
      offeringPeriod: (row) => `${row.usage.resource.offering.uuid} ${row.usage.billingPeriod}`,
    }),
    keys: createTable<ApiKey>({
      resource: (row) => row.resource.uuid,
      offering: (row) => row.resource.offering.uuid,
    }),
    identities: createTable<Identity>({ name: (row) => row.name, offering: (row) => row.offering.uuid }),
    services: createTable<Service>({ identity: (row) => row.identity.uuid }),
    processors: createTable<Processor>({ service: (row) => row.service.uuid }),
    consumers: createTable<Consumer>({ identity: (row) => row.identity?.uuid }),
    subscriptions: createTable<Subscription>({ userType: (row) => `${row.user.uuid} ${row.objectType}` }),
    subscriptionQueues: createTable<SubscriptionQueue>({
      subscription: (row) => row.subscription.uuid,
      offeringType: (row) => `${row.offering.uuid} ${row.objectType}`,
    }),
    importRequests: createTable<ImportRequest>({ offering: (row) => row.offering.uuid }),
    backendResources: createTable<BackendResource>({ offering: (row) => row.offering.uuid }),
    offeringUsers: createTable<OfferingUser>({ offering: (row) => row.offering.uuid }),
    logs: createTable<AgentLog>(),
    /** Virtual milliseconds of the last role resync, by resource. */
    roleSyncs: new Map<string, number>(),
    /** How often each slug was given out. */
    slugs: new Map<string, number>(),
    /** Broker logins of deregistered consumers, which must not exist any more. */
    removedLogins: new Set<string>(),
  };
}
