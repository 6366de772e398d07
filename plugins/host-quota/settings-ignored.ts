import type { JsonSchema } from '../../src/plugin/contract.ts';

/** Upper-case settings of other quota managers that mean nothing here, with what stands in their place. */
const IGNORED: Readonly<Record<string, string>> = {
  DATABASE_URL: 'mappings, defaults and events are in the `state` of the agent',
  CELERY_BROKER_URL: 'the agent runs its jobs itself',
  CELERY_RESULT_BACKEND: 'the agent runs its jobs itself',
  CONFIG_PATH: 'there is one configuration, named on the command line',
  MOCK_OAUTH_PORT: 'logins belong to the web page of the agent',
  MOCK_OAUTH_CLIENT_ID: 'logins belong to the web page of the agent',
  MOCK_OAUTH_CLIENT_SECRET: 'logins belong to the web page of the agent',
  MOCK_OAUTH_REDIRECT_URL: 'logins belong to the web page of the agent',
};

/** Accepted, so that such a configuration can be carried over, and told to have no effect. */
export const IGNORED_SETTINGS: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.entries(IGNORED).map(([name, why]) => [name, { description: `No effect: ${why}.`, 'x-ignored': why }]),
);
