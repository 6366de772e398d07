import type { JsonObject } from '../../../src/lib/json.ts';
import { normalize } from '../post-configuration.ts';
import type { Settings } from '../settings.ts';
import { bytesOf, sizeFor } from '../size.ts';
import type { Manifest } from './manifest-schema.ts';

/** What a consumer sends to Waldur to get the bucket; `offering`, `project` and `plan` are URLs of Waldur. */
export function orderOf({ metadata, spec }: Manifest, settings: Pick<Settings, 'default_size_gb'>): JsonObject {
  const { bucketName, versioningEnabled, tags, maxSizeGb = settings.default_size_gb } = spec;
  const { name, description, labels = {} } = metadata;
  const all = [...new Set([...(tags ?? []), ...Object.entries(labels).map(([key, value]) => `${key}:${value}`)])];
  return {
    type: 'Create',
    attributes: {
      name,
      ...(description !== undefined && { description }),
      bucket_name: bucketName,
      ...(versioningEnabled !== undefined && { versioning: versioningEnabled }),
      ...(all.length > 0 && { tags: all }),
    },
    limits: { storage: keptSize(maxSizeGb) },
    accepting_terms_of_service: true,
  };
}

/** What the agent will do for the order, in order; nothing of it exists yet. */
export function planOf(order: JsonObject, region: string, defaults: JsonObject): readonly string[] {
  const { attributes, limits } = order as { attributes: JsonObject; limits: { storage: number } };
  const { name: _, description: __, bucket_name: bucket, ...ordered } = attributes;
  const configured = { ...defaults, ...normalize(ordered) };
  const changes = Object.entries(configured).map(([path, value]) => `configure ${path}: ${JSON.stringify(value)}`);
  return [
    `create-account ${JSON.stringify(bucket)}: ${limits.storage} GB in ${region}`,
    ...changes,
    'issue-key: one pair, reported to Waldur',
  ];
}

function keptSize(sizeGb: number): number {
  return sizeFor(bytesOf(sizeGb));
}
