import { element, encodeStrictly, type Markup } from '../../../../src/s3/index.ts';
import { type S3Answer, xml } from './answer.ts';
import type { Version } from './bucket.ts';
import { type S3Request, value } from './request.ts';

const MOST = 1000;

/** `list-type=2`, and version 1 for old clients: the token of a page is the last key of it. */
export function listObjects(request: S3Request): S3Answer {
  const { bucket } = request;
  const prefix = value(request, 'prefix') ?? '';
  const after = value(request, 'continuation-token') ?? value(request, 'start-after') ?? value(request, 'marker') ?? '';
  const delimiter = value(request, 'delimiter');
  const entries = new Map<string, Version | undefined>();
  for (const object of bucket.objects()) {
    if (!object.key.startsWith(prefix)) continue;
    const end = delimiter === undefined ? -1 : object.key.indexOf(delimiter, prefix.length);
    const name = end < 0 || delimiter === undefined ? object.key : object.key.slice(0, end + delimiter.length);
    if (name > after) entries.set(name, name === object.key ? object : undefined);
  }
  const names = [...entries.keys()];
  const page = names.slice(0, limit(request));
  const encode = encoder(request);
  return xml('ListBucketResult', [
    element('Name', bucket.name),
    element('Prefix', encode(prefix)),
    element('KeyCount', page.length),
    element('MaxKeys', limit(request)),
    element('IsTruncated', page.length < names.length),
    page.length < names.length ? element('NextContinuationToken', page.at(-1) ?? '') : undefined,
    page.length < names.length ? element('NextMarker', encode(page.at(-1) ?? '')) : undefined,
    encodingOf(request),
    ...page.map((name) => {
      const object = entries.get(name);
      if (object === undefined) return element('CommonPrefixes', [element('Prefix', encode(name))]);
      return element('Contents', [element('Key', encode(name)), ...facts(object)]);
    }),
  ]);
}

export function listVersions(request: S3Request): S3Answer {
  const { bucket } = request;
  const prefix = value(request, 'prefix') ?? '';
  const encode = encoder(request);
  const all = bucket.versions().filter(({ key }) => key.startsWith(prefix));
  const marker = value(request, 'key-marker');
  const markerId = value(request, 'version-id-marker');
  const start = marker === undefined ? 0 : all.findIndex(({ key, id }) => key === marker && id === markerId) + 1;
  const page = all.slice(start, start + limit(request));
  const last = page.at(-1);
  const isTruncated = start + page.length < all.length;
  return xml('ListVersionsResult', [
    element('Name', bucket.name),
    element('IsTruncated', isTruncated),
    isTruncated && last !== undefined ? element('NextKeyMarker', encode(last.key)) : undefined,
    isTruncated && last !== undefined ? element('NextVersionIdMarker', last.id) : undefined,
    encodingOf(request),
    ...page.map((version) =>
      element(version.isMarker ? 'DeleteMarker' : 'Version', [
        element('Key', encode(version.key)),
        element('VersionId', version.id),
        element('IsLatest', bucket.get(version.key) === version),
        ...facts(version),
      ]),
    ),
  ]);
}

function facts({ isMarker, body, etag, at }: Version): readonly Markup[] {
  const modified = element('LastModified', at.toISOString());
  if (isMarker) return [modified];
  return [modified, element('ETag', `"${etag}"`), element('Size', body.length), element('StorageClass', 'STANDARD')];
}

function limit(request: S3Request): number {
  const asked = Number(value(request, 'max-keys') ?? MOST);
  return Number.isInteger(asked) && asked >= 0 ? Math.min(asked, MOST) : MOST;
}

function encoder(request: S3Request): (key: string) => string {
  return value(request, 'encoding-type') === 'url' ? encodeStrictly : (key) => key;
}

function encodingOf(request: S3Request): Markup | undefined {
  return value(request, 'encoding-type') === 'url' ? element('EncodingType', 'url') : undefined;
}
