import { Refusal } from './refusal.ts';
import { NAMESPACE, none, readText, type S3Call, tag, texts, xml } from './s3-answer.ts';
import { listObjects, listUploads, listVersions } from './s3-listings.ts';
import { deleteObjects } from './s3-objects.ts';

type Handler = (call: S3Call) => Promise<void> | void;

/** By method and sub-resource. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  'PUT ': (call) => {
    const { request, response, store, bucket, now } = call;
    call.allow('s3:CreateBucket');
    store.create(bucket, request.headers['x-amz-bucket-object-lock-enabled'] === 'true', now);
    request.resume();
    none(response, 200, { location: `/${bucket}` });
  },
  'HEAD ': (call) => {
    call.allow('s3:ListBucket');
    call.store.bucket(call.bucket);
    none(call.response, 200);
  },
  'DELETE ': (call) => {
    call.allow('s3:DeleteBucket');
    call.store.remove(call.bucket);
    none(call.response, 204);
  },
  'GET ': listObjects,
  'GET versions': listVersions,
  'GET uploads': listUploads,
  'POST delete': deleteObjects,
  'GET location': (call) => {
    call.allow('s3:GetBucketLocation');
    call.store.bucket(call.bucket);
    xml(call.response, `<LocationConstraint ${NAMESPACE}></LocationConstraint>`);
  },
  'GET tagging': (call) => {
    call.allow('s3:GetBucketTagging');
    const { tags } = call.store.bucket(call.bucket);
    if (tags.size === 0) throw new Refusal('NoSuchTagSet');
    const set = [...tags].map(([key, value]) => `<Tag>${tag('Key', key)}${tag('Value', value)}</Tag>`);
    xml(call.response, `<Tagging><TagSet>${set.join('')}</TagSet></Tagging>`);
  },
  'PUT tagging': async (call) => {
    call.allow('s3:PutBucketTagging');
    const body = await readText(call.request);
    const { tags } = call.store.bucket(call.bucket);
    tags.clear();
    for (const item of texts(body, 'Tag')) tags.set(texts(item, 'Key')[0] ?? '', texts(item, 'Value')[0] ?? '');
    none(call.response, 200);
  },
  'DELETE tagging': (call) => {
    call.store.bucket(call.bucket).tags.clear();
    none(call.response, 204);
  },
  'GET versioning': (call) => {
    const { versioning } = call.store.bucket(call.bucket);
    const status = versioning === undefined ? '' : tag('Status', versioning);
    xml(call.response, `<VersioningConfiguration ${NAMESPACE}>${status}</VersioningConfiguration>`);
  },
  'PUT versioning': async (call) => {
    call.allow('s3:PutBucketVersioning');
    const bucket = call.store.bucket(call.bucket);
    const [status] = texts(await readText(call.request), 'Status');
    if (bucket.locking && status !== 'Enabled') throw new Refusal('InvalidRequest');
    bucket.versioning = status === 'Enabled' ? 'Enabled' : 'Suspended';
    none(call.response, 200);
  },
  'GET object-lock': (call) => {
    if (!call.store.bucket(call.bucket).locking) throw new Refusal('ObjectLockConfigurationNotFoundError');
    const enabled = tag('ObjectLockEnabled', 'Enabled');
    xml(call.response, `<ObjectLockConfiguration ${NAMESPACE}>${enabled}</ObjectLockConfiguration>`);
  },
  'GET lifecycle': (call) => {
    const { lifecycle } = call.store.bucket(call.bucket);
    if (lifecycle === undefined) throw new Refusal('NoSuchLifecycleConfiguration');
    xml(call.response, lifecycle.replace(/^<\?xml[^>]*>\s*/, ''));
  },
  'PUT lifecycle': async (call) => {
    call.allow('s3:PutLifecycleConfiguration');
    call.store.bucket(call.bucket).lifecycle = await readText(call.request);
    none(call.response, 200);
  },
  'DELETE lifecycle': (call) => {
    call.store.bucket(call.bucket).lifecycle = undefined;
    none(call.response, 204);
  },
  'DELETE policy': (call) => {
    call.store.bucket(call.bucket);
    none(call.response, 204);
  },
};

const SUB_RESOURCES =
  'versions uploads delete location tagging versioning object-lock lifecycle policy acl cors encryption notification replication'.split(
    ' ',
  );

export async function handleBucket(call: S3Call): Promise<void> {
  const sub = SUB_RESOURCES.find((name) => call.query.has(name)) ?? '';
  const handler = HANDLERS[`${call.request.method} ${sub}`];
  if (handler === undefined) throw new Refusal('NotImplemented');
  await handler(call);
}
