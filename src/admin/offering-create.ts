import { AgentError, isAgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Plugin } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import { buildOfferingBody, buildPluginOptions, buildPrices, buildResourceOptions } from './offering-body.ts';

export interface NewOffering {
  readonly name: string;
  readonly planName: string;
  readonly category: string;
  readonly customer: string;
  /** By component, in the currency of the server; the examples of the backend for those it leaves out. */
  readonly prices: Readonly<Record<string, string>>;
}

export interface CreatedOffering {
  readonly uuid: Uuid;
  /**
   * `active` is on sale. `draft` was left so on request, `needs-staff` because only staff may activate it here.
   * `existing` had been activated before; nothing was changed.
   */
  readonly state: 'active' | 'draft' | 'needs-staff' | 'existing';
}

/** What would be created, with the names of category and customer in the place of their URLs, and the prices of its plan. */
export function previewOffering(offering: NewOffering, plugin: Plugin): JsonObject {
  const { category, customer, prices } = offering;
  const request = { ...offering, categoryUrl: `<URL of ${category}>`, customerUrl: `<URL of ${customer}>` };
  return { ...buildOfferingBody(request, plugin), prices: { ...buildPrices(plugin.offering), ...prices } };
}

/**
 * Creates the offering, or goes on with the draft that an earlier run left, sets its options and prices, and activates it
 * when `publish` says so. A failure in between leaves a draft, which the error names and the next run finds.
 */
export async function createOffering(
  offering: NewOffering,
  plugin: Plugin,
  waldur: Waldur,
  publish: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<CreatedOffering> {
  const { offerings } = waldur;
  const category = await offerings.findCategory(offering.category, signal);
  if (category === undefined)
    throw missing('category', offering.category, 'check the spelling; an administrator of Waldur makes categories');
  const customer = await offerings.findCustomer(offering.customer, signal);
  if (customer === undefined)
    throw missing('organisation', offering.customer, 'check the spelling; the user needs a role in the organisation');
  const found = await offerings.find(offering.name, customer.uuid, signal);
  if (found !== undefined && found.state !== 'Draft') return { uuid: found.uuid, state: 'existing' };
  const request = { ...offering, categoryUrl: category.url, customerUrl: customer.url };
  const uuid = found?.uuid ?? (await offerings.create(buildOfferingBody(request, plugin), signal));
  try {
    // Older servers ignore both in the body of the creation.
    await offerings.updateResourceOptions(uuid, buildResourceOptions(plugin), signal);
    await offerings.updatePluginOptions(uuid, buildPluginOptions(plugin.offering), signal);
    await offerings.updatePrices(uuid, { ...buildPrices(plugin.offering), ...offering.prices }, signal);
    if (!(await publish())) return { uuid, state: 'draft' };
    return { uuid, state: (await activate(waldur, uuid, signal)) ? 'active' : 'needs-staff' };
  } catch (thrown) {
    throw unfinished(uuid, toAgentError(thrown));
  }
}

/** False where only staff may: owners need a setting of the server that is off by default. */
async function activate({ offerings }: Waldur, uuid: Uuid, signal: AbortSignal): Promise<boolean> {
  try {
    await offerings.activate(uuid, signal);
    return true;
  } catch (error) {
    if (isAgentError(error) && error.status === 403) return false;
    throw error;
  }
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
    hint: error.hint ?? 'it is a draft: run the command again to finish it',
    status: error.status,
    cause: error,
  });
}
