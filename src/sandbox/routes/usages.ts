import { toUuid } from '../../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { bodyOf, type Call, type Routes, textOf } from '../call.ts';
import type { Resource, Usage, UserUsage } from '../model.ts';
import { list } from '../paginate.ts';
import { allows, demand, seesOffering, seesResource } from '../permissions.ts';
import { dayFilter, uuidFilter } from '../query.ts';
import { recordUsage } from '../record-usage.ts';
import { invalid, noRows, notFound, ok, type Reply, ServerCrash } from '../reply.ts';
import { billingPeriod } from '../rules/billing-period.ts';
import { parseDecimal } from '../rules/decimal.ts';
import { overLimit, parseUsages, usageProblem } from '../rules/usage.ts';
import { renderUsage, renderUserUsage } from '../serialize/usage.ts';

export const usageRoutes: Routes = {
  'GET marketplace-component-usages/': listUsages,
  'GET marketplace-component-usages/:u/': (call) => ok(renderUsage(findUsage(call), call, call.query.fields)),
  'POST marketplace-component-usages/set_usage/': setUsage,
  'POST marketplace-component-usages/:u/set_user_usage/': (call) => {
    const usage = findUsage(call);
    demandUsage(call, usage.resource);
    storeUserUsages(call, usage, [bodyOf(call)]);
    return { status: 201 };
  },
  'POST marketplace-component-usages/:u/set_user_usages/': (call) => {
    const usage = findUsage(call);
    demandUsage(call, usage.resource);
    const { usages } = bodyOf(call, ['usages']);
    if (!Array.isArray(usages)) throw invalid({ usages: ['This field is required.'] });
    if (usages.length === 0) throw invalid({ usages: ['This list may not be empty.'] });
    storeUserUsages(call, usage, usages);
    const sum = call.world.store.userUsages.by('usage', usage.uuid).reduce((total, { cents }) => total + cents, 0n);
    if (usage.cents === 0n) usage.cents = sum;
    return { status: 201 };
  },
  'GET marketplace-component-user-usages/': listUserUsages,
  'GET component-user-usage-limits/': noRows,
};

function listUsages(call: Call): Reply {
  const { world, user, query } = call;
  const { usages, offerings } = world.store;
  const offering = uuidFilter(query, 'offering_uuid');
  const resource = uuidFilter(query, 'resource_uuid');
  const period = dayFilter(query, 'billing_period');
  const owner = offerings.get(offering ?? '');
  const seesAll = user.isStaff || (resource === undefined && owner !== undefined && seesOffering(user, owner));
  const [type, after, before] = ['type', 'date_after', 'date_before'].map((name) => query.get(name));
  const filters = [type, after, before].some((value) => value !== undefined);
  const filter = (row: Usage): boolean =>
    (seesAll || seesResource(user, row.resource)) &&
    (type === undefined || row.component.type === type) &&
    (after === undefined || row.date >= after) &&
    (before === undefined || row.date.slice(0, before.length) <= before) &&
    (offering === undefined || row.resource.offering.uuid === offering);
  return list(call, {
    pools: [pool(resource, offering, period)],
    where: seesAll && !filters && resource === undefined ? undefined : filter,
    render: renderUsage,
  });

  function pool(byResource?: string, byOffering?: string, month?: string): readonly Usage[] {
    if (byResource !== undefined) {
      return month === undefined
        ? usages.by('resource', byResource)
        : usages.by('resourcePeriod', `${byResource} ${month}`);
    }
    if (byOffering !== undefined) {
      return month === undefined
        ? usages.by('offering', byOffering)
        : usages.by('offeringPeriod', `${byOffering} ${month}`);
    }
    return month === undefined ? usages.all() : usages.all().filter((row) => row.billingPeriod === month);
  }
}

/** The body comes before the permission here: a 400 hides a 403. */
function setUsage(call: Call): Reply {
  const { world, user } = call;
  const legacy = world.settings.profile === '2024';
  const body = bodyOf(call, ['resource', 'plan_period', 'usages', 'date']);
  const resource = targetOf(call, body);
  const parsed = parseUsages(body['usages']);
  // Every problem is an error body of Django's: JSON by construction.
  if ('problem' in parsed) throw invalid(parsed.problem as JsonObject);
  const date = legacy ? undefined : dateOf(body);
  const now = world.clock.now();
  const current = billingPeriod(now, world.settings.timeZone);
  const period = date === undefined ? current : billingPeriod(date, world.settings.timeZone);
  const { offering, plan, state } = resource;
  if (legacy && plan === undefined) throw new ServerCrash('plan is None');
  const problem = usageProblem({ state, plan, components: offering.components }, parsed.items, {
    dated: date !== undefined,
    future: date !== undefined && date > now,
    pastPeriod: period < current,
    isStaff: user.isStaff,
    mayBackfill: allows(world.settings.profile, user, 'usage.backfill', offering),
  });
  if (problem !== undefined) throw invalid(problem);
  demandUsage(call, resource);
  const records = world.store.usages.by('resource', resource.uuid);
  for (const item of parsed.items) {
    const component = offering.components.find(({ type }) => type === item.type);
    const excess = component && overLimit(component, period, item.cents, records);
    if (excess !== undefined) throw invalid([excess]);
  }
  recordUsage(world, resource, parsed.items, {
    period,
    date: date?.toISOString() ?? world.clock.stamp(),
    by: user,
  });
  return { status: 201 };
}

function targetOf(call: Call, body: JsonObject): Resource {
  const { resources, periods } = call.world.store;
  if (body['plan_period'] !== undefined) {
    const period = periods.get(toUuid(body['plan_period']) ?? '');
    if (period === undefined) throw missing('plan_period', body['plan_period']);
    if (period.end !== undefined) throw invalid({ plan_period: ['Billing period is closed.'] });
    return period.resource;
  }
  if (body['resource'] === undefined) {
    throw invalid({ non_field_errors: ['Either plan_period or resource should be provided.'] });
  }
  // Not limited to visible resources: so is the server's look-up.
  const resource = resources.get(toUuid(body['resource']) ?? '');
  if (resource === undefined) throw missing('resource', body['resource']);
  return resource;
}

function missing(field: string, uuid: Json): Error {
  return invalid({
    [field]: [`Object with uuid=${typeof uuid === 'string' ? uuid : JSON.stringify(uuid)} does not exist.`],
  });
}

function dateOf(body: JsonObject): Date | undefined {
  if (body['date'] === undefined) return undefined;
  const date = new Date(textOf(body, 'date'));
  if (!Number.isNaN(date.getTime())) return date;
  throw invalid({
    date: [
      'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
    ],
  });
}

function demandUsage(call: Call, resource: Resource): void {
  demand(call.world.settings.profile, call.user, 'usage.set', resource.offering);
  if (resource.offering.state === 'Unavailable') throw invalid(['Offering is unavailable.']);
}

function findUsage(call: Call): Usage {
  const usage = call.world.store.usages.get(call.uuid);
  if (usage === undefined || !seesResource(call.user, usage.resource)) throw notFound('ComponentUsage');
  return usage;
}

function storeUserUsages(call: Call, usage: Usage, items: readonly Json[]): void {
  const { userUsages } = call.world.store;
  const problems = items.map((item) => {
    if (!isJsonObject(item) || typeof item['username'] !== 'string') return { username: ['This field is required.'] };
    const amount = parseDecimal(item['usage'] ?? '0');
    return 'problem' in amount ? { usage: [amount.problem] } : {};
  });
  if (problems.some((problem) => Object.keys(problem).length > 0)) {
    throw invalid(call.path.endsWith('/set_user_usages/') ? { usages: problems } : (problems[0] ?? {}));
  }
  for (const item of items) {
    if (!isJsonObject(item)) continue;
    const username = textOf(item, 'username');
    const amount = parseDecimal(item['usage'] ?? '0');
    const now = call.world.clock.stamp();
    const known = userUsages.by('usage', usage.uuid).find((row) => row.username === username);
    const row =
      known ??
      userUsages.insert({
        uuid: call.world.ids.uuid(),
        created: now,
        modified: now,
        usage,
        username,
        user: undefined,
        cents: 0n,
      });
    row.cents = 'cents' in amount ? amount.cents : 0n;
    row.user = typeof item['user'] === 'string' ? item['user'] : undefined;
    row.modified = now;
  }
}

function listUserUsages(call: Call): Reply {
  const { query, user, world } = call;
  const { userUsages } = world.store;
  const resource = uuidFilter(query, 'resource_uuid');
  const offering = uuidFilter(query, 'offering_uuid');
  const period = query.get('component_usage__billing_period');
  const username = query.get('username');
  const byOffering = offering !== undefined && period !== undefined && resource === undefined;
  const pool = byOffering ? userUsages.by('offeringPeriod', `${offering} ${period}`) : userUsages.all();
  const where = (row: UserUsage): boolean =>
    (offering === undefined || row.usage.resource.offering.uuid === offering) &&
    (period === undefined || row.usage.billingPeriod === period) &&
    (username === undefined || row.username === username) &&
    seesResource(user, row.usage.resource);
  return list(call, {
    pools: [resource === undefined ? pool : userUsages.by('resource', resource)],
    where,
    render: renderUserUsage,
  });
}
