import { isAgentError } from '../lib/errors.ts';
import { IDENTITIES } from './agents.ts';
import { type Api, flatten, isAbout, route } from './api.ts';
import { rememberHourly } from './capabilities.ts';
import type { UsagesApi } from './client.ts';
import { decodeUsage, decodeUserUsage } from './decode.ts';

const USAGES = 'marketplace-component-usages';
const FIELDS = ['uuid', 'resource_uuid', 'offering_uuid', 'type', 'usage', 'billing_period'];
const USER_FIELDS = ['uuid', 'resource_uuid', 'offering_uuid', 'component_type', 'username', 'usage', 'billing_period'];

export function createUsages(api: Api): UsagesApi {
  const takesDate = rememberHourly(api.clock, async (signal) => {
    const found = await api.attempt('identities', async () => {
      await api.get('agents.probe', route(IDENTITIES), { page_size: 1 }, signal);
      return true;
    });
    return found ?? false;
  });
  return {
    list: ({ offering, billingPeriod, resource }, signal) =>
      flatten(
        api.pages(
          'usages.list',
          route(USAGES),
          {
            offering_uuid: offering,
            billing_period: billingPeriod,
            ...(resource === undefined ? {} : { resource_uuid: resource }),
            field: FIELDS,
          },
          (row) => {
            if (!isAbout(row, 'offering_uuid', offering)) return undefined;
            if (resource !== undefined && !isAbout(row, 'resource_uuid', resource)) return undefined;
            const usage = decodeUsage(row);
            return usage.billingPeriod === billingPeriod ? usage : undefined;
          },
          signal,
        ),
      ),
    submit: async ({ resource, date, usages }, signal) => {
      const body = {
        resource,
        ...(date === undefined ? {} : { date }),
        usages: usages.map(({ type, amount, description }) => ({ type, amount, description: description ?? '' })),
      };
      await api.send('POST', 'usages.submit', `${USAGES}/set_usage/`, body, signal);
    },
    takesDate,
    submitUsers: async (usage, amounts, signal) => {
      const usages = amounts.map((amount) => ({ username: amount.username, usage: amount.usage }));
      await api.send('POST', 'usages.submit_users', route(USAGES, usage, 'set_user_usages'), { usages }, signal);
    },
    listUsers: ({ offering, billingPeriod }, signal) =>
      flatten(
        api.pages(
          'usages.list_users',
          route('marketplace-component-user-usages'),
          // Two underscores: the field of a relation.
          { offering_uuid: offering, component_usage__billing_period: billingPeriod, field: USER_FIELDS },
          (row) => {
            if (!isAbout(row, 'offering_uuid', offering)) return undefined;
            const { billingPeriod: month, ...usage } = decodeUserUsage(row);
            return month === billingPeriod ? usage : undefined;
          },
          signal,
        ),
      ),
  };
}

/** The one refusal of a report that is no mistake: past months are closed for components that are not limit-based. */
export function isBackfillRefusal(error: unknown): boolean {
  return isAgentError(error) && error.status === 400 && error.message.includes('backfilling past billing periods');
}
