import type { Json, JsonObject } from '../../src/lib/json.ts';
import type { CommonSettings, JsonSchema, NamingRules, SettingProblem } from '../../src/plugin/contract.ts';
import {
  normalize,
  POST_CONFIGURATION,
  POST_CONFIGURATION_NAMES,
  type PostConfigurationName,
} from './post-configuration.ts';

/** `backend_settings` after validation; which of them belong together is checked by `problems`. */
export interface Settings extends Readonly<Partial<Record<PostConfigurationName, Json>>> {
  readonly api_token?: string;
  readonly civo_token?: string;
  readonly token?: string;
  readonly api_url: string;
  readonly region: string;
  readonly user_prefix: string;
  readonly slug_separator: string;
  readonly max_username_length: number;
  readonly default_size_gb: number;
  readonly kb_bytes: 1000 | 1024;
  readonly requests_per_second: number;
  readonly create_timeout: number;
  readonly timeout: number;
  readonly debug: boolean | string;
}

const TOKEN: JsonSchema = { type: 'string', minLength: 1, 'x-secret': true };

export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['region'],
  properties: {
    api_token: {
      ...TOKEN,
      pattern: '^[\\x21-\\x7e]+$',
      'x-expected': 'one word of printable characters',
      examples: ['${env:CIVO_TOKEN}'],
      description: 'API token of the Civo account, usually ${env:CIVO_TOKEN}.',
    },
    civo_token: { ...TOKEN, description: 'Another name of api_token.' },
    token: { ...TOKEN, description: 'Another name of api_token.' },
    api_url: {
      type: 'string',
      format: 'uri',
      pattern: '^https?://[^?#@\\s]+$',
      'x-expected': 'an http:// or https:// URL without user name and query',
      default: 'https://api.civo.com',
      description: 'URL of the API, without /v2.',
    },
    region: {
      type: 'string',
      pattern: '^[A-Z0-9]{2,16}$',
      'x-expected': 'the code of a region in capitals, for example LON1',
      examples: ['LON1'],
      description: 'Region of the stores; several regions are several offerings.',
    },
    user_prefix: {
      type: 'string',
      pattern: '^[a-z0-9][a-z0-9-]{0,20}$',
      'x-expected': 'a short name out of a-z, 0-9 and "-"',
      default: 'waldur-',
      description: 'First part of the name of every store.',
    },
    slug_separator: { type: 'string', pattern: '^-+$', 'x-expected': '"-"', default: '-' },
    max_username_length: {
      type: 'integer',
      minimum: 36,
      maximum: 63,
      default: 63,
      description: 'Longest name of a store; longer slugs are cut.',
    },
    default_size_gb: {
      type: 'integer',
      minimum: 500,
      multipleOf: 500,
      default: 500,
      description: 'Size of a store for which none was ordered.',
    },
    ...POST_CONFIGURATION,
    kb_bytes: {
      enum: [1000, 1024],
      default: 1000,
      description: 'Bytes in a KB of the statistics of Civo.',
    },
    requests_per_second: {
      type: 'number',
      minimum: 0.1,
      maximum: 100,
      default: 8,
      description: 'Requests to the API for all offerings with the same token; Civo refuses more than about 10.',
    },
    create_timeout: {
      type: 'integer',
      minimum: 1,
      maximum: 1440,
      default: 30,
      description: 'Minutes after which a store that is still being created counts as failed.',
    },
    timeout: { type: 'integer', minimum: 1, maximum: 110, default: 30, description: 'Seconds for one request.' },
    debug: {
      type: ['boolean', 'string'],
      default: false,
      description: 'Logs every request without secrets at level info; usually ${env:CIVO_DEBUG:-0}.',
    },
  },
};

/** Names of stores are DNS labels. */
export function naming(settings: Settings): NamingRules {
  return {
    prefix: settings.user_prefix,
    separator: settings.slug_separator,
    filler: '-',
    maxLength: settings.max_username_length,
  };
}

/** The post-configuration of stores whose order does not say. */
export function defaultAttributes(settings: Settings): JsonObject {
  const given = POST_CONFIGURATION_NAMES.flatMap((name) => {
    const value = settings[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return normalize(Object.fromEntries(given));
}

const TOKENS = ['api_token', 'civo_token', 'token'] as const;

export function problems(settings: Settings, { onTerminate }: CommonSettings): readonly SettingProblem[] {
  const found: SettingProblem[] = [];
  const given = TOKENS.filter((name) => settings[name] !== undefined);
  const [, second] = given;
  if (given.length === 0) {
    const hint = 'set api_token: ${env:CIVO_TOKEN}';
    found.push({ setting: 'api_token', message: 'there is no token of the Civo account', hint });
  } else if (second !== undefined) {
    found.push({ setting: second, message: `"${given[0]}" and "${second}" are two names of the same token` });
  }
  if (onTerminate === 'suspend') {
    const message = 'Civo has no call that suspends a store, so a terminate order could never be done';
    found.push({ setting: 'on_terminate', message, hint: 'use refuse or purge' });
  }
  return found;
}

export function tokenOf({ api_token: first, civo_token: second, token: third }: Settings): string {
  return first ?? second ?? third ?? '';
}

export function isDebug({ debug }: Settings): boolean {
  return debug === true || debug === '1' || debug === 'true';
}
