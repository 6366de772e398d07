import type { Json, JsonObject } from '../../src/lib/json.ts';
import type { AttributeRules } from '../../src/plugin/contract.ts';
import { readText } from './decode.ts';
import type { BucketState } from './sighting.ts';
import { ownTags } from './tags.ts';

/** What an order may say of its buckets. */
export const attributeRules: AttributeRules = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      bucket_name: {
        type: 'string',
        title: 'Bucket name',
        pattern: '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$',
        'x-expected': '3 to 63 characters out of a-z, 0-9 and "-"',
      },
      versioning: { type: 'boolean', title: 'Keep old versions', 'x-changeable': true },
      object_lock: { type: 'boolean', title: 'Versions can be locked' },
      tags: {
        type: 'object',
        title: 'Tags',
        maxProperties: 40,
        propertyNames: { pattern: '^(?!waldur-)[\\w .:/=+@-]{1,128}$' },
        additionalProperties: { type: 'string', maxLength: 256, pattern: '^[\\w .:/=+@-]*$' },
        'x-expected':
          'a JSON object such as {"team": "blue"} of up to 40 texts by names that do not begin with "waldur-", of letters, digits and " .:/=+@_-"',
        'x-changeable': true,
      },
      lifecycle_days: {
        type: 'integer',
        title: 'Days until objects expire',
        minimum: 1,
        maximum: 36_500,
        'x-changeable': true,
      },
    },
  },
};

/** Attributes of an order, typed. A missing one was not ordered. */
export interface Wanted {
  readonly bucketName: string | undefined;
  readonly versioning: boolean | undefined;
  readonly objectLock: boolean;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly lifecycleDays: number | undefined;
}

export function readWanted(attributes: JsonObject): Wanted {
  const { bucket_name, versioning, object_lock, tags, lifecycle_days } = attributes;
  return {
    bucketName: typeof bucket_name === 'string' ? bucket_name : undefined,
    versioning: typeof versioning === 'boolean' ? versioning : undefined,
    objectLock: object_lock === true,
    tags: tagsOf(tags),
    lifecycleDays: typeof lifecycle_days === 'number' ? lifecycle_days : undefined,
  };
}

export function tagsOf(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, readText(text)]));
}

/** As they are at the server. All buckets of an account are alike, so the first one speaks for them. */
export function attributesOf(buckets: readonly BucketState[]): JsonObject {
  const [first] = buckets;
  if (first === undefined) return {};
  const agree = (of: (bucket: BucketState) => Json): Json => {
    const value = of(first);
    // One that differs is shown, so that the difference is repaired.
    return buckets.map(of).find((other) => JSON.stringify(other) !== JSON.stringify(value)) ?? value;
  };
  return {
    bucket_name: first.name,
    versioning: agree(({ versioned }) => versioned),
    object_lock: agree(({ locking }) => locking),
    tags: agree(({ tags }) => ownTags(tags)),
    lifecycle_days: agree(({ lifecycleDays }) => lifecycleDays),
  };
}
