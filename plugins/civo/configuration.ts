import { isAgentError } from '../../src/lib/errors.ts';
import { type Json, type JsonObject, sameJson } from '../../src/lib/json.ts';
import type { S3 } from '../../src/s3/index.ts';
import {
  corsToJson,
  lifecycleToJson,
  normalize,
  OWNER_TAG,
  POST_CONFIGURATION_NAMES,
  type PostConfigurationName,
  readCors,
  readLifecycle,
  sorted,
  tagsToTexts,
  textsToTags,
} from './post-configuration.ts';

/** The post-configuration of a bucket as it is, in normal form, and the owner that its tag names. */
export interface Configuration {
  readonly attributes: JsonObject;
  readonly owner: string | undefined;
  /** None is ever set here, so it was set by hand; it stays. Undefined when it cannot be read. */
  readonly hasPolicy: boolean | undefined;
}

export async function readConfiguration(s3: S3, bucket: string, signal: AbortSignal): Promise<Configuration> {
  const attributes: Record<string, Json> = {};
  let owner: string | undefined;
  for (const name of POST_CONFIGURATION_NAMES) {
    const read = await readOne(s3, bucket, name, signal);
    attributes[name] = read.value;
    owner = read.owner ?? owner;
  }
  return { attributes, owner, hasPolicy: await hasPolicy(s3, bucket, signal) };
}

/** A policy may forbid its own owner to read it, which must not hide everything else. */
async function hasPolicy({ documents }: S3, bucket: string, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    return (await documents.policy(bucket, signal)) !== undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (isAgentError(error)) return undefined;
    throw error;
  }
}

/**
 * Makes the bucket as `wanted`, and marks whose it is. Only what is wanted is read, and written only where it differs.
 * Returns whether anything was written.
 */
export async function configure(
  s3: S3,
  bucket: string,
  { wanted, resource }: { readonly wanted: JsonObject; readonly resource: string },
  signal: AbortSignal,
): Promise<boolean> {
  const to = normalize(wanted);
  let changed = false;
  for (const name of POST_CONFIGURATION_NAMES) {
    // The mark is among the tags.
    if (to[name] === undefined && name !== 'tags') continue;
    const { value: now, owner } = await readOne(s3, bucket, name, signal);
    const value = to[name] ?? now;
    if (sameJson(value, now) && (name !== 'tags' || owner === resource)) continue;
    await write(s3, bucket, name, { value, resource }, signal);
    changed = true;
  }
  return changed;
}

async function readOne(
  { documents }: S3,
  bucket: string,
  name: PostConfigurationName,
  signal: AbortSignal,
): Promise<{ readonly value: Json; readonly owner?: string | undefined }> {
  switch (name) {
    case 'versioning':
      return { value: (await documents.versioning(bucket, signal)) === 'Enabled' };
    case 'lifecycle':
      return { value: sorted((await documents.lifecycle(bucket, signal)).map(lifecycleToJson)) };
    case 'cors':
      return { value: sorted((await documents.cors(bucket, signal)).map(corsToJson)) };
    case 'tags': {
      const tags = await documents.tags(bucket, signal);
      return { value: tagsToTexts(tags), owner: tags[OWNER_TAG] };
    }
  }
}

async function write(
  { documents }: S3,
  bucket: string,
  name: PostConfigurationName,
  { value, resource }: { readonly value: Json; readonly resource: string },
  signal: AbortSignal,
): Promise<void> {
  switch (name) {
    case 'versioning':
      return documents.setVersioning(bucket, value === true ? 'Enabled' : 'Suspended', signal);
    case 'lifecycle':
      return documents.setLifecycle(bucket, readLifecycle(value), signal);
    case 'cors':
      return documents.setCors(bucket, readCors(value), signal);
    case 'tags':
      return documents.setTags(bucket, { ...textsToTags(value), [OWNER_TAG]: resource }, signal);
  }
}
