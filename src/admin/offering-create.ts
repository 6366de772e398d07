import { AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Plugin } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import { buildOfferingBody, buildOptions, buildPluginOptions, buildPrices } from './offering-body.ts';

export interface NewOffering {
  readonly name: string;
  readonly planName: string;
  readonly category: string;
  readonly customer: string;
}

/** What would be created, with the names of category and customer in the place of their URLs, and the prices of its plan. */
export function previewOffering(offering: NewOffering, plugin: Plugin): JsonObject {
  const { category, customer } = offering;
  const request = { ...offering, categoryUrl: `<URL of ${category}>`, customerUrl: `<URL of ${customer}>` };
  return { ...buildOfferingBody(request, plugin.offering), prices: buildPrices(plugin.offering) };
}

/** Creates the offering, sets its options and activates it. A failure in between leaves a draft, which the error names. */
export async function createOffering(
  offering: NewOffering,
  plugin: Plugin,
  waldur: Waldur,
  signal: AbortSignal,
): Promise<Uuid> {
  const { offerings } = waldur;
  const category = await offerings.findCategory(offering.category, signal);
  if (category === undefined)
    throw missing('category', offering.category, 'check the spelling; an administrator of Waldur makes categories');
  const customer = await offerings.findCustomer(offering.customer, signal);
  if (customer === undefined)
    throw missing('organisation', offering.customer, 'check the spelling; the user needs a role in the organisation');
  const request = { ...offering, categoryUrl: category.url, customerUrl: customer.url };
  const uuid = await offerings.create(buildOfferingBody(request, plugin.offering), signal);
  try {
    // Older servers ignore both in the body of the creation.
    await offerings.updateResourceOptions(uuid, buildOptions(plugin.offering.resource_options), signal);
    await offerings.updatePluginOptions(uuid, buildPluginOptions(plugin.offering), signal);
    await offerings.updatePrices(uuid, buildPrices(plugin.offering), signal);
    await offerings.activate(uuid, signal);
  } catch (thrown) {
    throw unfinished(uuid, toAgentError(thrown));
  }
  return uuid;
}

function missing(what: string, name: string, hint: string): AgentError {
  return new AgentError(`Waldur has no ${what} ${JSON.stringify(name)} that this user can see`, {
    code: 'WALDUR_NOT_FOUND',
    disposition: 'terminal',
    hint,
  });
}

function unfinished(uuid: Uuid, error: AgentError): AgentError {
  return new AgentError(`offering ${uuid} was created but not finished: ${error.message}`, {
    code: error.code,
    disposition: error.disposition,
    hint: error.hint ?? 'it is a draft: finish or delete it in the portal before trying again',
    status: error.status,
    cause: error,
  });
}
