import { bodyOf, type Call, type Routes } from '../call.ts';
import type { Customer } from '../model.ts';
import { list } from '../paginate.ts';
import { holds, seesOffering, seesProject } from '../permissions.ts';
import { type Query, uuidFilter } from '../query.ts';
import { noRows, notFound, ok } from '../reply.ts';
import { url } from '../serialize/fields.ts';
import {
  renderCategory,
  renderCustomer,
  renderProject,
  renderServiceProvider,
  renderUser,
} from '../serialize/people.ts';

/** Things the agent looks up by name, and who it is. */
export const lookupRoutes: Routes = {
  'GET users/me/': (call) => ok(renderUser(call.user, call, call.query.fields)),
  'GET customers/': (call) =>
    list(call, {
      pools: [call.world.store.customers.all()],
      where: (row) => seesCustomer(call, row) && named(call.query, row),
      render: renderCustomer,
    }),
  'GET customers/:u/': (call) => {
    const customer = call.world.store.customers.get(call.uuid);
    if (customer === undefined || !seesCustomer(call, customer)) throw notFound('Customer');
    return ok(renderCustomer(customer, call, call.query.fields));
  },
  'GET projects/': (call) =>
    list(call, {
      pools: [call.world.store.projects.all()],
      where: (row) => {
        const customer = uuidFilter(call.query, 'customer');
        return (
          seesProject(call.user, row) &&
          named(call.query, row) &&
          (customer === undefined || row.customer.uuid === customer)
        );
      },
      render: renderProject,
    }),
  'GET projects/:u/': (call) => {
    const project = call.world.store.projects.get(call.uuid);
    if (project === undefined || !seesProject(call.user, project)) throw notFound('Project');
    return ok(renderProject(project, call, call.query.fields));
  },
  'GET marketplace-categories/': (call) => {
    const title = call.query.get('title')?.toLowerCase();
    return list(call, {
      pools: [call.world.store.categories.all()],
      where: (row) => title === undefined || row.title.toLowerCase().includes(title),
      render: renderCategory,
    });
  },
  'GET marketplace-categories/:u/': (call) => {
    const category = call.world.store.categories.get(call.uuid);
    if (category === undefined) throw notFound('Category');
    return ok(renderCategory(category, call, call.query.fields));
  },
  'GET marketplace-service-providers/': (call) => {
    const customer = uuidFilter(call.query, 'customer_uuid');
    return list(call, {
      pools: [call.world.store.customers.all()],
      where: (row) => row.serviceProvider !== undefined && (customer === undefined || row.uuid === customer),
      render: renderServiceProvider,
    });
  },
  'GET marketplace-integration-statuses/': (call) => {
    const rows = call.world.store.offerings.all().filter((offering) => seesOffering(call.user, offering));
    const statuses = rows.flatMap((offering) =>
      [...offering.integration.values()].map(({ status, lastMs }) => ({
        url: url(call, 'marketplace-integration-statuses', offering.uuid),
        offering: url(call, 'marketplace-provider-offerings', offering.uuid),
        status,
        last_request_timestamp: new Date(lastMs).toISOString(),
      })),
    );
    return { ...ok(statuses), headers: { 'X-Result-Count': String(statuses.length) } };
  },
  'GET marketplace-service-providers/:u/keys/': (call) => {
    findProvider(call);
    return noRows();
  },
  'GET marketplace-service-providers/:u/projects/': (call) => {
    const provider = findProvider(call);
    const { resources, projects } = call.world.store;
    return list(call, {
      pools: [projects.all()],
      where: (project) =>
        resources
          .all()
          .some((row) => row.project === project && row.offering.customer === provider && row.state !== 'Terminated'),
      render: renderProject,
    });
  },
  'POST marketplace-slurm-periodic-usage-policies/:u/report-command-result/': (call) => {
    bodyOf(call);
    return ok();
  },
};

function seesCustomer({ user, world }: Call, customer: Customer): boolean {
  if (user.isStaff || holds(user, 'customer', customer.uuid)) return true;
  const { projects, offerings } = world.store;
  return user.roles.some(({ scope }) => (projects.get(scope) ?? offerings.get(scope))?.customer === customer);
}

function findProvider(call: Call): Customer {
  const customer = call.world.store.customers.all().find(({ serviceProvider }) => serviceProvider === call.uuid);
  if (customer === undefined) throw notFound('ServiceProvider');
  return customer;
}

function named(query: Query, row: { readonly name: string; readonly slug: string }): boolean {
  const like = (value: string | undefined): boolean =>
    value === undefined || row.name.toLowerCase().includes(value.toLowerCase());
  const exact = query.get('name_exact');
  const slug = query.get('slug');
  return (
    like(query.get('name')) &&
    like(query.get('query')) &&
    (exact === undefined || row.name === exact) &&
    (slug === undefined || row.slug === slug)
  );
}
