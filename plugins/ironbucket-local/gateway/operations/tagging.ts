import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element } from '../../../../src/s3/xml/write.ts';
import type { Deps } from '../../deps.ts';
import { readText } from '../body/open-body.ts';
import type { Call, Operation, Reply } from '../call.ts';
import { MOST_OF_OBJECT, TAGS_FIELD, tagsOf } from '../tags.ts';
import { LARGEST_DOCUMENT, readTags, type Tags } from '../xml/read.ts';
import { xmlReply } from '../xml/reply.ts';
import { requireReadable } from './read-object.ts';

const MOST_OF_BUCKET = 50;

export const getObjectTagging: Operation = async ({ objects }, { bucket, key }) => {
  const object = await objects.head(bucket, key);
  if (object === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
  return tagsReply(tagsOf(object));
};

export const putObjectTagging: Operation = async (deps, call) => {
  const tags = readTags(await readText(call.body(), LARGEST_DOCUMENT), MOST_OF_OBJECT);
  await setTags(deps, call, tags);
  return { status: 200 };
};

export const deleteObjectTagging: Operation = async (deps, call) => {
  await setTags(deps, call, {});
  return { status: 204 };
};

export const getBucketTagging: Operation = async ({ documents }, { bucket }) => {
  const text = await documents.read(bucket, 'tagging');
  if (text === undefined) throw new S3Error('NoSuchTagSet');
  return tagsReply(readTags(text, MOST_OF_BUCKET));
};

export const putBucketTagging: Operation = async ({ documents }, call) => {
  const text = await readText(call.body(), LARGEST_DOCUMENT);
  readTags(text, MOST_OF_BUCKET);
  await documents.write(call.bucket, 'tagging', text);
  return { status: 200 };
};

export const deleteBucketTagging: Operation = async ({ documents }, { bucket }) => {
  await documents.remove(bucket, 'tagging');
  return { status: 204 };
};

async function setTags({ objects }: Deps, { bucket, key }: Call, tags: Tags): Promise<void> {
  const changed = await objects.describe(bucket, key, (object) => {
    requireReadable(object);
    const others = (object.others ?? []).filter(([field]) => field !== TAGS_FIELD);
    return { ...object, others: [[TAGS_FIELD, tags], ...others] };
  });
  if (!changed) throw new S3Error('NoSuchKey', { fields: { Key: key } });
}

function tagsReply(tags: Tags): Reply {
  const set = Object.entries(tags).map(([name, value]) =>
    element('Tag', [element('Key', name), element('Value', value)]),
  );
  return xmlReply('Tagging', [element('TagSet', set)]);
}
