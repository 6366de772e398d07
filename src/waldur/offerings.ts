import { AgentError, isAgentError } from '../lib/errors.ts';
import { toUuid, type Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import { type Api, flatten, isAbout, route } from './api.ts';
import type { OfferingsApi } from './client.ts';
import { decodeOffering, decodePlan } from './decode.ts';
import { type Reader, reader } from './reader.ts';

const OFFERINGS = 'marketplace-provider-offerings';
const FIELDS = ['uuid', 'name', 'type', 'state', 'customer_uuid', 'components', 'plugin_options'];

export function createOfferings(api: Api): OfferingsApi {
  const act = async (offering: Uuid, action: string, body: JsonObject, signal: AbortSignal): Promise<void> => {
    await api.send('POST', `offerings.${action}`, route(OFFERINGS, offering, action), body, signal);
  };
  return {
    get: async (offering, signal) => {
      try {
        return decodeOffering(await api.get('offerings.get', route(OFFERINGS, offering), { field: FIELDS }, signal));
      } catch (error) {
        throw invisible(error);
      }
    },
    plan: async (plan, signal) =>
      decodePlan(
        await api.get(
          'offerings.plan',
          route('marketplace-plans', plan),
          { field: ['uuid', 'name', 'quotas'] },
          signal,
        ),
      ),
    createComponent: (offering, component, signal) => act(offering, 'create_offering_component', component, signal),
    updateComponent: (offering, component, signal) => act(offering, 'update_offering_component', component, signal),
    create: async (body, signal) =>
      reader('offering', await api.send('POST', 'offerings.create', route(OFFERINGS), body, signal)).uuid('uuid'),
    updatePluginOptions: (offering, options, signal) =>
      act(offering, 'update_integration', { plugin_options: options }, signal),
    updateResourceOptions: (offering, options, signal) =>
      act(offering, 'update_resource_options', { resource_options: options }, signal),
    updatePrices: async (offering, prices, signal) => {
      const answer = await api.get('offerings.plans', route(OFFERINGS, offering), { field: ['plans'] }, signal);
      for (const plan of reader('offering', answer).objects('plans')) {
        const path = route('marketplace-plans', reader('plan', plan).uuid('uuid'), 'update_prices');
        await api.send('POST', 'offerings.update_prices', path, { prices }, signal);
      }
    },
    find: (name, customer, signal) => findOffering(api, name, customer, signal),
    activate: (offering, signal) => act(offering, 'activate', {}, signal),
    findCategory: (title, signal) =>
      findRow(
        api,
        'marketplace-categories',
        { title },
        ['uuid', 'url', 'title'],
        (row) => row.text('title') === title,
        signal,
      ),
    // Waldur cannot filter by slug: all visible organisations are read.
    findCustomer: (name, signal) =>
      findRow(
        api,
        'customers',
        {},
        ['uuid', 'url', 'name', 'slug'],
        (row) =>
          row.text('slug') === name || row.text('name') === name || row.uuidOrNone('uuid') === (toUuid(name) ?? ''),
        signal,
      ),
  };
}

async function findOffering(
  api: Api,
  name: string,
  customer: Uuid,
  signal: AbortSignal,
): ReturnType<OfferingsApi['find']> {
  const decode = (value: unknown): Reader | undefined => {
    const row = reader('offering', value);
    const isIt = row.text('name') === name && row.text('state') !== 'Archived';
    return isIt && isAbout(value, 'customer_uuid', customer) ? row : undefined;
  };
  const query = { name_exact: name, customer_uuid: customer, field: ['uuid', 'name', 'state', 'customer_uuid'] };
  const rows = flatten(api.pages('offerings.find', route(OFFERINGS), query, decode, signal));
  for await (const row of rows) return { uuid: row.uuid('uuid'), state: row.needText('state') };
  return undefined;
}

/** The first row of a collection that is the one sought. */
async function findRow(
  api: Api,
  collection: string,
  query: Readonly<Record<string, string>>,
  fields: readonly string[],
  isIt: (row: Reader) => boolean,
  signal: AbortSignal,
): Promise<{ readonly uuid: Uuid; readonly url: string } | undefined> {
  const decode = (value: unknown): Reader | undefined => {
    const row = reader(collection, value);
    return isIt(row) ? row : undefined;
  };
  const operation = `offerings.find_${collection.replace('marketplace-', '')}`;
  const found = flatten(api.pages(operation, route(collection), { ...query, field: fields }, decode, signal));
  for await (const row of found) return { uuid: row.uuid('uuid'), url: row.needText('url') };
  return undefined;
}

/** The offering comes from the configuration: that it is not there does not pass by itself. */
function invisible(error: unknown): unknown {
  if (!isAgentError(error) || error.code !== 'WALDUR_CONFLICT') return error;
  return new AgentError(error.message, {
    code: 'WALDUR_NOT_FOUND',
    disposition: 'operator',
    hint: 'Check waldur_offering_uuid, and that the account has a role in the organisation that provides the offering.',
    status: error.status,
  });
}
