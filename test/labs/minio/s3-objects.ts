import { createHash } from 'node:crypto';
import type { Version } from './memory-s3.ts';
import { Refusal } from './refusal.ts';
import { metadataIn, NAMESPACE, none, readText, receive, type S3Call, tag, texts, xml } from './s3-answer.ts';

type Handler = (call: S3Call) => Promise<void> | void;

const SMALLEST_PART = 5 * 1024 * 1024;

/** By method and the parameters that choose the operation. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  'PUT ': putObject,
  'GET ': (call) => sendObject(call, true),
  'HEAD ': (call) => sendObject(call, false),
  'DELETE ': (call) => {
    call.allow('s3:DeleteObject');
    call.store.delete(call.bucket, call.key, call.query.get('versionId') ?? undefined, call.now);
    none(call.response, 204);
  },
  'POST uploads': (call) => {
    const { request, response, store, bucket, key, now } = call;
    call.allow('s3:PutObject');
    const { uploads } = store.bucket(bucket);
    const id = createHash('sha256').update(`${key} ${uploads.size} ${Math.random()}`).digest('hex');
    const type = request.headers['content-type'] ?? '';
    uploads.set(id, { key, started: now, type, metadata: metadataIn(request), parts: new Map() });
    const names = `${tag('Bucket', bucket)}${tag('Key', key)}${tag('UploadId', id)}`;
    xml(response, `<InitiateMultipartUploadResult ${NAMESPACE}>${names}</InitiateMultipartUploadResult>`);
  },
  'PUT uploadId': async (call) => {
    call.allow('s3:PutObject');
    const upload = uploadOf(call);
    call.admit(Number(call.request.headers['content-length'] ?? 0));
    const part = await receive(call.request);
    upload.parts.set(Number(call.query.get('partNumber')), part);
    none(call.response, 200, { etag: `"${part.etag}"` });
  },
  'POST uploadId': complete,
  'DELETE uploadId': (call) => {
    call.allow('s3:AbortMultipartUpload');
    // Aborting twice, or what never was, is fine here.
    call.store.bucket(call.bucket).uploads.delete(call.query.get('uploadId') ?? '');
    none(call.response, 204);
  },
};

export async function handleObject(call: S3Call): Promise<void> {
  if (call.key.split('/').some((part) => part === '.' || part === '..')) throw new Refusal('XMinioInvalidResourceName');
  const choice = ['uploads', 'uploadId'].find((name) => call.query.has(name)) ?? '';
  const handler = HANDLERS[`${call.request.method} ${choice}`];
  if (handler === undefined) throw new Refusal('MethodNotAllowed');
  await handler(call);
}

export async function deleteObjects(call: S3Call): Promise<void> {
  const body = await readText(call.request);
  if (call.request.headers['content-md5'] === undefined && !hasChecksum(call)) throw new Refusal('InvalidRequest');
  const results = texts(body, 'Object').map((item) => {
    const [key = '', versionId] = [texts(item, 'Key')[0], texts(item, 'VersionId')[0]];
    try {
      call.allow('s3:DeleteObject', key);
      call.store.delete(call.bucket, key, versionId, call.now);
      return `<Deleted>${tag('Key', key)}</Deleted>`;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return `<Error>${tag('Key', key)}${tag('Code', error.code)}${tag('Message', error.message)}</Error>`;
    }
  });
  const quiet = texts(body, 'Quiet')[0] === 'true';
  const shown = results.filter((result) => !quiet || result.startsWith('<Error>'));
  xml(call.response, `<DeleteResult ${NAMESPACE}>${shown.join('')}</DeleteResult>`);
}

function hasChecksum({ request }: S3Call): boolean {
  return Object.keys(request.headers).some((name) => name.startsWith('x-amz-checksum-'));
}

async function putObject(call: S3Call): Promise<void> {
  const { request, response, store, bucket, key, now } = call;
  call.allow('s3:PutObject');
  store.bucket(bucket);
  call.admit(Number(request.headers['content-length'] ?? 0));
  const received = await receive(request);
  const type = request.headers['content-type'] ?? '';
  const version = store.put(bucket, key, { ...received, modified: now, type, metadata: metadataIn(request) });
  none(response, 200, { etag: `"${version.etag}"` });
}

function sendObject(call: S3Call, withBody: boolean): void {
  const { response, store, bucket, key, query } = call;
  call.allow('s3:GetObject');
  const version = store.get(bucket, key, query.get('versionId') ?? undefined);
  response.writeHead(200, {
    'content-type': version.type || 'binary/octet-stream',
    'content-length': String(version.size),
    'last-modified': version.modified.toUTCString(),
    etag: `"${version.etag}"`,
    ...version.metadata,
  });
  if (withBody) response.end(version.content ?? Buffer.alloc(version.size));
  else response.end();
}

/** Completing is not checked against the quota. */
async function complete(call: S3Call): Promise<void> {
  const { response, store, bucket, key, query, now } = call;
  call.allow('s3:PutObject');
  const upload = uploadOf(call);
  const numbers = texts(await readText(call.request), 'PartNumber').map(Number);
  const parts = numbers.map((number) => upload.parts.get(number));
  if (parts.length === 0) throw new Refusal('MalformedXML');
  if (parts.includes(undefined)) throw new Refusal('InvalidPart');
  const known = parts.filter((part) => part !== undefined);
  if (known.slice(0, -1).some(({ size }) => size < SMALLEST_PART)) throw new Refusal('EntityTooSmall');
  const hash = createHash('md5');
  for (const { etag } of known) hash.update(Buffer.from(etag, 'hex'));
  const { type, metadata } = upload;
  const size = known.reduce((sum, part) => sum + part.size, 0);
  const content = known.length === 1 ? known[0]?.content : undefined;
  const object: Omit<Version, 'id' | 'marker'> = {
    size,
    content,
    etag: `${hash.digest('hex')}-${known.length}`,
    modified: now,
    type,
    metadata,
  };
  store.put(bucket, key, object);
  store.bucket(bucket).uploads.delete(query.get('uploadId') ?? '');
  const names = `${tag('Bucket', bucket)}${tag('Key', key)}${tag('ETag', `"${object.etag}"`)}`;
  xml(response, `<CompleteMultipartUploadResult ${NAMESPACE}>${names}</CompleteMultipartUploadResult>`);
}

function uploadOf({ store, bucket, key, query }: S3Call) {
  const upload = store.bucket(bucket).uploads.get(query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== key) throw new Refusal('NoSuchUpload');
  return upload;
}
