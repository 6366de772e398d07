import type { Bucket, Version } from './memory-s3.ts';
import { NAMESPACE, type S3Call, tag, xml } from './s3-answer.ts';

const PAGE = 1000;

export function listObjects(call: S3Call): void {
  call.allow('s3:ListBucket');
  const { query, response } = call;
  const bucket = call.store.bucket(call.bucket);
  const after = query.get('continuation-token') ?? query.get('start-after') ?? query.get('marker') ?? '';
  const { page, next } = cut(keysOf(bucket, query.get('prefix') ?? ''), after, limitIn(query));
  const contents = page.flatMap((key) => {
    const [version] = bucket.objects.get(key) ?? [];
    return version === undefined || version.marker ? [] : [entry(key, version, encoding(query))];
  });
  const paging = next === undefined ? '' : tag('NextContinuationToken', next);
  xml(
    response,
    `<ListBucketResult ${NAMESPACE}>${head(call)}${tag('KeyCount', contents.length)}${paging}` +
      `${tag('IsTruncated', String(next !== undefined))}${contents.map((item) => `<Contents>${item}</Contents>`).join('')}` +
      '</ListBucketResult>',
  );
}

export function listVersions(call: S3Call): void {
  call.allow('s3:ListBucketVersions');
  const { query, response } = call;
  const bucket = call.store.bucket(call.bucket);
  const { page, next } = cut(keysOf(bucket, query.get('prefix') ?? ''), query.get('key-marker') ?? '', limitIn(query));
  const items = page.flatMap((key) =>
    (bucket.objects.get(key) ?? []).map((version, index) => {
      const name = version.marker ? 'DeleteMarker' : 'Version';
      const latest = tag('IsLatest', String(index === 0));
      return `<${name}>${entry(key, version, encoding(query))}${tag('VersionId', version.id)}${latest}</${name}>`;
    }),
  );
  const paging = next === undefined ? '' : tag('NextKeyMarker', next) + tag('NextVersionIdMarker', 'null');
  xml(
    response,
    `<ListVersionsResult ${NAMESPACE}>${head(call)}${paging}${tag('IsTruncated', String(next !== undefined))}` +
      `${items.join('')}</ListVersionsResult>`,
  );
}

/** A prefix finds nothing but the very key: the quirk that makes cleaning up by listing unreliable. */
export function listUploads(call: S3Call): void {
  call.allow('s3:ListBucketMultipartUploads');
  const prefix = call.query.get('prefix') ?? '';
  const uploads = [...call.store.bucket(call.bucket).uploads]
    .filter(([, { key }]) => prefix === '' || key === prefix)
    .map(
      ([id, { key, started }]) =>
        `<Upload>${tag('Key', key)}${tag('UploadId', id)}${tag('Initiated', started.toISOString())}</Upload>`,
    );
  xml(
    call.response,
    `<ListMultipartUploadsResult ${NAMESPACE}>${tag('Bucket', call.bucket)}${tag('IsTruncated', 'false')}` +
      `${uploads.join('')}</ListMultipartUploadsResult>`,
  );
}

function head({ bucket, query }: S3Call): string {
  const encoded = query.get('encoding-type') === 'url' ? tag('EncodingType', 'url') : '';
  return `${tag('Name', bucket)}${tag('Prefix', query.get('prefix') ?? '')}${tag('MaxKeys', limitIn(query))}${encoded}`;
}

function entry(key: string, { size, etag, modified }: Version, encode: (key: string) => string): string {
  const time = tag('LastModified', modified.toISOString());
  return `${tag('Key', encode(key))}${time}${tag('ETag', `"${etag}"`)}${tag('Size', size)}`;
}

function encoding(query: URLSearchParams): (key: string) => string {
  return query.get('encoding-type') === 'url' ? (key) => encodeURIComponent(key).replaceAll('%2F', '/') : (key) => key;
}

function keysOf({ objects }: Bucket, prefix: string): readonly string[] {
  return [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
}

function limitIn(query: URLSearchParams): number {
  return Math.min(PAGE, Number(query.get('max-keys') ?? PAGE));
}

function cut(
  keys: readonly string[],
  after: string,
  limit: number,
): { page: readonly string[]; next: string | undefined } {
  const rest = keys.filter((key) => key > after);
  const page = rest.slice(0, limit);
  return { page, next: rest.length > limit ? page.at(-1) : undefined };
}
