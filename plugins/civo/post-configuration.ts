import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import type { JsonSchema } from '../../src/plugin/contract.ts';
import type { CorsRule, LifecycleRule, Tags } from '../../src/s3/index.ts';

/** The tag that confirms whose a bucket is; it is ours and no consumer sees it. */
export const OWNER_TAG = 'waldur-resource';

/** How many tags a bucket takes beside ours. */
const MOST_TAGS = 49;
const DAYS: JsonSchema = { type: 'integer', minimum: 1, maximum: 36_500 };
const TEXTS: JsonSchema = { type: 'array', maxItems: 100, items: { type: 'string', minLength: 1, maxLength: 1000 } };

/** What Civo's API cannot set and S3 can, in the form of orders and settings. */
export const POST_CONFIGURATION: Readonly<{ [name in PostConfigurationName]: JsonSchema }> = {
  versioning: { type: 'boolean', description: 'Whether old versions of objects are kept.' },
  tags: {
    type: 'array',
    maxItems: MOST_TAGS,
    uniqueItems: true,
    items: { type: 'string', pattern: '^(?!waldur-resource:)[^:]{1,128}:.{0,256}$', 'x-expected': 'key:value' },
    description: 'Tags of the bucket, each as key:value.',
  },
  cors: {
    type: 'array',
    maxItems: 100,
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['origins', 'methods'],
      properties: {
        origins: { ...TEXTS, minItems: 1 },
        methods: { type: 'array', minItems: 1, items: { enum: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'] } },
        headers: TEXTS,
        exposed: TEXTS,
        max_age_seconds: { type: 'integer', minimum: 0, maximum: 604_800 },
      },
    },
    description: 'Which web pages may use the bucket from a browser.',
  },
  lifecycle: {
    type: 'array',
    maxItems: 100,
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['id'],
      anyOf: [{ required: ['expire_days'] }, { required: ['noncurrent_days'] }, { required: ['abort_upload_days'] }],
      properties: {
        id: { type: 'string', minLength: 1, maxLength: 255 },
        prefix: { type: 'string', maxLength: 1024 },
        enabled: { type: 'boolean' },
        expire_days: { ...DAYS, description: 'Objects are deleted after so many days.' },
        noncurrent_days: { ...DAYS, description: 'Old versions are deleted after so many days.' },
        abort_upload_days: { ...DAYS, description: 'Uploads that were not completed are deleted after so many days.' },
      },
    },
    description: 'When objects, old versions and unfinished uploads are deleted by themselves.',
  },
};

export type PostConfigurationName = 'versioning' | 'tags' | 'cors' | 'lifecycle';
export const POST_CONFIGURATION_NAMES: readonly PostConfigurationName[] = ['versioning', 'lifecycle', 'cors', 'tags'];

/** What means the same becomes equal: order says nothing in tags, rules and lists of a rule; null is nothing. */
export function normalize(attributes: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, normalValue(name, value)]));
}

function normalValue(name: string, value: Json): Json {
  switch (name) {
    case 'versioning':
      return value === true;
    case 'tags':
      return tagsToTexts(textsToTags(value));
    case 'cors':
      return sorted(readCors(value).map(corsToJson));
    case 'lifecycle':
      return sorted(readLifecycle(value).map(lifecycleToJson));
    default:
      return value;
  }
}

/** `key:value`, split at the first colon. */
export function textsToTags(value: Json): Tags {
  const texts = Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
  return Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]));
}

export function tagsToTexts(tags: Tags): readonly string[] {
  return Object.entries(tags)
    .filter(([key]) => key !== OWNER_TAG)
    .map(([key, value]) => `${key}:${value}`)
    .sort(compare);
}

export function readCors(value: Json): readonly CorsRule[] {
  return objectsIn(value).map((rule) => {
    const maxAgeSeconds = rule['max_age_seconds'];
    return {
      origins: textsIn(rule['origins']),
      methods: textsIn(rule['methods']),
      headers: textsIn(rule['headers']),
      exposed: textsIn(rule['exposed']),
      ...(typeof maxAgeSeconds === 'number' && { maxAgeSeconds }),
    };
  });
}

export function corsToJson({ origins, methods, headers = [], exposed = [], maxAgeSeconds }: CorsRule): JsonObject {
  return {
    origins: [...origins].sort(compare),
    methods: [...methods].sort(compare),
    headers: [...headers].sort(compare),
    exposed: [...exposed].sort(compare),
    ...(maxAgeSeconds !== undefined && { max_age_seconds: maxAgeSeconds }),
  };
}

export function readLifecycle(value: Json): readonly LifecycleRule[] {
  return objectsIn(value).map((rule) => {
    const { id, prefix, enabled, expire_days: expire, noncurrent_days: noncurrent, abort_upload_days: abort } = rule;
    return {
      id: typeof id === 'string' ? id : '',
      prefix: typeof prefix === 'string' ? prefix : '',
      enabled: enabled !== false,
      ...(typeof expire === 'number' && { expireDays: expire }),
      ...(typeof noncurrent === 'number' && { expireNoncurrentDays: noncurrent }),
      ...(typeof abort === 'number' && { abortUploadsDays: abort }),
    };
  });
}

export function lifecycleToJson(rule: LifecycleRule): JsonObject {
  const { id, prefix, enabled, expireDays, expireNoncurrentDays, abortUploadsDays } = rule;
  return {
    id,
    prefix,
    enabled,
    ...(expireDays !== undefined && { expire_days: expireDays }),
    ...(expireNoncurrentDays !== undefined && { noncurrent_days: expireNoncurrentDays }),
    ...(abortUploadsDays !== undefined && { abort_upload_days: abortUploadsDays }),
  };
}

export function sorted(rules: readonly JsonObject[]): readonly JsonObject[] {
  return [...rules].sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));
}

function objectsIn(value: Json): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

/** By code units, unlike `localeCompare`. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
