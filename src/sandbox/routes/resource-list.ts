import type { Call } from '../call.ts';
import { RESOURCE_STATES, type Resource } from '../model.ts';
import { both, datedFilter, list } from '../paginate.ts';
import { seesOffering, seesResource } from '../permissions.ts';
import { choices, type Query } from '../query.ts';
import type { Reply } from '../reply.ts';
import { renderResource } from '../serialize/resource.ts';

/** The two resource lists differ in who sees what. */
export function listResources(call: Call, view: 'provider' | 'consumer'): Reply {
  const { query, user, world } = call;
  const { store } = world;
  const states = [...new Set(choices(query, 'state', RESOURCE_STATES))];
  const offerings = [...new Set(query.all('offering_uuid').map((uuid) => uuid.toLowerCase().replaceAll('-', '')))];
  const visible = (row: Resource): boolean => {
    return view === 'consumer' ? seesResource(user, row) : seesOffering(user, row.offering);
  };
  const seesAll =
    user.isStaff || (view === 'provider' && offerings.length > 0 && offerings.every((uuid) => provides(call, uuid)));
  const pools =
    states.length === 0
      ? offerings.map((uuid) => store.resources.by('offering', uuid))
      : offerings.flatMap((uuid) => states.map((state) => store.resources.by('offeringState', `${uuid} ${state}`)));
  const stateFilter =
    offerings.length > 0 || states.length === 0 ? undefined : (row: Resource) => states.includes(row.state);
  const filters = [seesAll ? undefined : visible, stateFilter, columnFilter(query), datedFilter(call)];
  return list(call, {
    pools: offerings.length > 0 ? pools : [candidates(call)],
    where: filters.reduce<((row: Resource) => boolean) | undefined>(both, undefined),
    render: renderResource,
    sort: { name: (row) => row.name, state: (row) => row.state },
  });
}

function provides({ world, user }: Call, uuid: string): boolean {
  const offering = world.store.offerings.get(uuid);
  return offering === undefined || seesOffering(user, offering);
}

function candidates({ query, world }: Call): readonly Resource[] {
  const backendId = query.get('backend_id');
  if (backendId) return world.store.resources.by('backendId', backendId);
  const slug = query.get('slug');
  return slug ? world.store.resources.by('slug', slug) : world.store.resources.all();
}

function columnFilter(query: Query): ((row: Resource) => boolean) | undefined {
  const columns: Readonly<Record<string, (row: Resource) => string>> = {
    project_uuid: (row) => row.project.uuid,
    customer_uuid: (row) => row.project.customer.uuid,
    backend_id: (row) => row.backendId,
    name_exact: (row) => row.name,
    slug: (row) => row.slug,
    plan_uuid: (row) => row.plan?.uuid ?? '',
    paused: (row) => String(row.paused),
    downscaled: (row) => String(row.downscaled),
    restrict_member_access: (row) => String(row.restrictMemberAccess),
  };
  const wanted = Object.entries(columns).flatMap(([name, column]) => {
    const value = query.get(name);
    if (value === undefined || value === '') return [];
    return [{ column, value: name.endsWith('_uuid') ? value.replaceAll('-', '').toLowerCase() : value }];
  });
  const name = query.get('name')?.toLowerCase();
  if (wanted.length === 0 && !name) return undefined;
  return (row) =>
    wanted.every(({ column, value }) => column(row) === value) && (!name || row.name.toLowerCase().includes(name));
}
