import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { bodyOf, type Call, linked, objectOf, optionalText, type Routes, textOf } from '../call.ts';
import { addOffering, addPlan } from '../offerings.ts';
import { list } from '../paginate.ts';
import { demand, owns, seesOffering } from '../permissions.ts';
import { choices, uuidFilter } from '../query.ts';
import { forbidden, invalid, noRows, notFound, ok, type Reply, required, wrongState } from '../reply.ts';
import { isOlder } from '../serialize/fields.ts';
import {
  renderCreatedOffering,
  renderListedOffering,
  renderOffering,
  renderPublicOffering,
  renderSoldPlan,
} from '../serialize/offering.ts';
import { findOffering, openOffering } from './offering-access.ts';
import { componentOf } from './offering-components.ts';
import { backendIdProblems } from './resource-access.ts';

const OFFERING_STATES = ['Draft', 'Active', 'Paused', 'Archived', 'Unavailable'] as const;
const PREFIX = 'marketplace-provider-offerings/:u/';

export const offeringRoutes: Routes = {
  'GET marketplace-provider-offerings/': listOfferings,
  'GET marketplace-provider-offerings/:u/': (call) => ok(renderOffering(findOffering(call), call, call.query.fields)),
  'GET marketplace-public-offerings/:u/': (call) => {
    const offering = call.world.store.offerings.get(call.uuid);
    if (offering === undefined) throw notFound('Offering');
    return ok(renderPublicOffering(offering, call, call.query.fields));
  },
  'POST marketplace-provider-offerings/': createOffering,
  [`POST ${PREFIX}activate/`]: (call) => {
    const offering = openOffering(call, 'offering.update');
    if (!call.user.isStaff && !call.world.settings.ownersActivate) throw forbidden();
    const from = ['Draft', 'Paused', 'Unavailable'];
    if (!from.includes(offering.state))
      throw isOlder(call) ? invalid(['Offering state is invalid.']) : wrongState(from);
    offering.state = 'Active';
    return ok({ detail: 'Offering state updated.', state: 'Active' });
  },
  [`POST ${PREFIX}pause/`]: (call) => {
    const offering = openOffering(call, 'offering.update');
    if (offering.state !== 'Active') throw wrongState(['Active']);
    offering.state = 'Paused';
    return ok({ detail: 'Offering state updated.', state: 'Paused' });
  },
  [`POST ${PREFIX}update_options/`]: (call) => {
    openOffering(call, 'offering.update').options = objectOf(bodyOf(call, ['options']), 'options');
    return ok();
  },
  [`POST ${PREFIX}update_resource_options/`]: (call) => {
    openOffering(call, 'offering.update').resourceOptions = objectOf(
      bodyOf(call, ['resource_options']),
      'resource_options',
    );
    return ok();
  },
  // The whole object is replaced: an omitted plugin option is gone.
  [`POST ${PREFIX}update_integration/`]: (call) => {
    const offering = openOffering(call, 'offering.update');
    const body = bodyOf(call, ['plugin_options', 'secret_options', 'service_attributes', 'backend_id']);
    // The 2024 release takes anything, and keeps a list that can never be read.
    const readable = !isOlder(call) || isJsonObject(body['plugin_options']);
    if (body['plugin_options'] !== undefined && readable) offering.pluginOptions = objectOf(body, 'plugin_options');
    offering.backendId = optionalText(body, 'backend_id', offering.backendId);
    return ok();
  },
  [`POST ${PREFIX}check_unique_backend_id/`]: (call) => {
    const offering = findOffering(call);
    const body = bodyOf(call, ['backend_id', 'check_all_offerings', 'use_offering_rules']);
    const backendId = textOf(body, 'backend_id');
    const rows = call.world.store.resources.by('backendId', backendId);
    const taken = rows.some((row) => body['check_all_offerings'] === true || row.offering === offering);
    const ruled = body['use_offering_rules'] === true && offering.backendIdRules['format'] !== undefined;
    const { format } = backendIdProblems(call, offering.backendIdRules, backendId);
    const errors = ruled && format ? ['Backend ID does not match the required format.'] : [];
    return ok({ is_unique: !taken, is_valid_format: ruled ? !format : null, errors });
  },
  [`POST ${PREFIX}sync_resources/`]: (call) => {
    const offering = openOffering(call, 'offering.update');
    call.world.events.sync(offering, call.user);
    return ok({ status: 'Resource synchronization has been scheduled.' }, 202);
  },
  [`GET ${PREFIX}user-attribute-config/`]: (call) => {
    const offering = findOffering(call);
    const { uuid, name: offering_name, created } = offering;
    const exposed_fields = ['username', 'full_name', 'email'];
    return ok({
      uuid,
      created,
      modified: created,
      exposed_fields,
      is_default: true,
      offering_uuid: uuid,
      offering_name,
    });
  },
  [`GET ${PREFIX}list_project_service_accounts/`]: emptyList,
  [`GET ${PREFIX}list_course_accounts/`]: emptyList,
  'GET marketplace-plans/:u/': (call) => {
    const sold = call.world.store.plans.get(call.uuid);
    if (sold === undefined || !(seesOffering(call.user, sold.offering) || sold.offering.shared)) throw notFound('Plan');
    return ok(renderSoldPlan(sold.plan, sold.offering, call, call.query.fields));
  },
  'POST marketplace-plans/:u/update_prices/': (call) => {
    const sold = call.world.store.plans.get(call.uuid);
    if (sold === undefined || !seesOffering(call.user, sold.offering)) throw notFound('Plan');
    demand(call.world.settings.profile, call.user, 'offering.update', sold.offering);
    const prices = objectOf(bodyOf(call, ['prices']), 'prices');
    for (const [type, price] of Object.entries(prices)) {
      const known = sold.offering.components.some((component) => component.type === type);
      if (!known || Number.isNaN(Number(price))) throw invalid({ prices: [`"${type}" has no price like that.`] });
      sold.plan.prices = { ...sold.plan.prices, [type]: Number(price) };
    }
    return ok();
  },
};

function listOfferings(call: Call): Reply {
  const { query, user } = call;
  const states = choices(query, 'state', OFFERING_STATES);
  const customer = uuidFilter(query, 'customer_uuid');
  const [name, exact, type] = ['name', 'name_exact', 'type'].map((key) => query.get(key));
  return list(call, {
    pools: [call.world.store.offerings.all()],
    where: (row) =>
      seesOffering(user, row) &&
      (states.length === 0 || states.some((state) => state === row.state)) &&
      (customer === undefined || row.customer.uuid === customer) &&
      (name === undefined || row.name.toLowerCase().includes(name.toLowerCase())) &&
      (exact === undefined || row.name === exact) &&
      (type === undefined || row.type === type),
    render: renderListedOffering,
  });
}

function createOffering(call: Call): Reply {
  const { world, user } = call;
  const body = bodyOf(call);
  for (const field of ['category', 'name', 'type']) if (body[field] === undefined) throw required(field);
  const category = linked(world.store.categories, body, 'category');
  const customer = linked(world.store.customers, body, 'customer');
  const name = textOf(body, 'name');
  if (name.trim() === '') throw invalid({ name: ['This field may not be blank.'] });
  const type = textOf(body, 'type');
  if (!/^[A-Z][A-Za-z]+\.[A-Za-z]+$/.test(type)) throw invalid({ type: ['Invalid value.'] });
  if (!user.isStaff && !owns(user, customer)) throw forbidden();
  const offering = addOffering(world, {
    name,
    type,
    customer,
    category,
    state: 'Draft',
    shared: body['shared'] !== false,
    description: optionalText(body, 'description'),
    options: body['options'] === undefined && isOlder(call) ? { options: {}, order: [] } : jsonOf(body, 'options'),
    resourceOptions: jsonOf(body, 'resource_options'),
    pluginOptions: jsonOf(body, 'plugin_options'),
    backendIdRules: jsonOf(body, 'backend_id_rules'),
  });
  for (const item of itemsOf(body, 'components')) offering.components.push(componentOf(call, item, offering));
  for (const item of itemsOf(body, 'plans'))
    addPlan(world, offering, { name: textOf(item, 'name'), unit: optionalText(item, 'unit', 'month') });
  const Location = `${call.base}marketplace-provider-offerings/${offering.uuid}/`;
  return { ...ok(renderCreatedOffering(offering, call), 201), headers: { Location } };
}

function jsonOf(body: JsonObject, name: string): JsonObject {
  return body[name] === undefined ? {} : objectOf(body, name);
}

function itemsOf(body: JsonObject, name: string): readonly JsonObject[] {
  const items = body[name];
  return Array.isArray(items) ? items.filter(isJsonObject) : [];
}

function emptyList(call: Call): Reply {
  findOffering(call);
  return noRows();
}
