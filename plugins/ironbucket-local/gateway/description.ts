import { header, parameter, type RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import { DEFAULT_TYPE, type Description } from '../objects/sidecar.ts';
import type { StoredObject } from '../objects/stored.ts';
import { storedEncoding } from './body/open-body.ts';
import { taggingHeader, tagsOf } from './tags.ts';

const META = 'x-amz-meta-';
/** Names and values together. Source: "Working with object metadata" of the S3 user guide. */
const LARGEST_METADATA = 2048;
const LARGEST_DESCRIPTION = 8192;

/** What the headers of a write say about the object. @throws S3Error `MetadataTooLarge`, `InvalidArgument` */
export function readDescription(head: RequestHead): Description {
  const described = {
    contentType: text(head, 'content-type') ?? DEFAULT_TYPE,
    cacheControl: text(head, 'cache-control'),
    contentDisposition: text(head, 'content-disposition'),
    contentEncoding: storedEncoding(head),
    contentLanguage: text(head, 'content-language'),
    expires: text(head, 'expires'),
    metadata: readMetadata(head),
    ...taggingHeader(head),
  };
  // Nothing else bounds what is stored beside the bytes, and it counts as no bytes.
  if (JSON.stringify(described).length > LARGEST_DESCRIPTION) throw new S3Error('MetadataTooLarge');
  return described;
}

/** Headers of an object, with what a signed request wants them to be instead. */
export function describe(head: RequestHead, object: StoredObject): Readonly<Record<string, string>> {
  const described: Record<string, string> = {
    etag: quote(object.etag),
    'last-modified': object.modified.toUTCString(),
    'accept-ranges': 'bytes',
  };
  for (const { name, asked, property } of HEADERS) {
    const value = parameter(head, asked) ?? object[property];
    if (value !== undefined) add(described, name, value);
  }
  for (const [name, value] of Object.entries(object.metadata)) add(described, META + name, value);
  const tags = Object.keys(tagsOf(object)).length;
  if (tags > 0) described['x-amz-tagging-count'] = String(tags);
  if (header(head, 'x-amz-checksum-mode')?.toUpperCase() !== 'ENABLED' || header(head, 'range') !== undefined) {
    return described;
  }
  for (const [algorithm, value] of Object.entries(object.checksums ?? {})) {
    add(described, `x-amz-checksum-${algorithm}`, value);
    described['x-amz-checksum-type'] = object.checksumType ?? 'FULL_OBJECT';
  }
  return described;
}

export function quote(etag: string): string {
  return `"${etag}"`;
}

const HEADERS = (
  [
    ['content-type', 'contentType'],
    ['cache-control', 'cacheControl'],
    ['content-disposition', 'contentDisposition'],
    ['content-encoding', 'contentEncoding'],
    ['content-language', 'contentLanguage'],
    ['expires', 'expires'],
  ] as const
).map(([name, property]) => ({ name, property, asked: `response-${name}` }));

/** The same in every encoding. */
const PRINTABLE = /^[\x20-\x7e]*$/;

function readMetadata(head: RequestHead): Readonly<Record<string, string>> {
  const metadata: (readonly [string, string])[] = [];
  let size = 0;
  for (const [name, values] of head.headers) {
    if (!name.startsWith(META)) continue;
    const value = decode(values.join(','));
    metadata.push([name.slice(META.length), value]);
    size += name.length - META.length + Buffer.byteLength(value);
  }
  if (size > LARGEST_METADATA) throw new S3Error('MetadataTooLarge');
  return Object.fromEntries(metadata);
}

function text(head: RequestHead, name: string): string | undefined {
  const value = header(head, name);
  return value === undefined ? undefined : decode(value);
}

/** Node hands out one character for each byte. */
function decode(value: string): string {
  if (PRINTABLE.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  const decoded = bytes.toString('utf8');
  if (Buffer.from(decoded).equals(bytes)) return decoded;
  throw new S3Error('InvalidArgument', { message: 'The value of a header is not valid UTF-8.' });
}

/** What no header can hold, because another program wrote it into the sidecar, is left out. */
function add(headers: Record<string, string>, name: string, value: string): void {
  const bytes = PRINTABLE.test(value) ? value : Buffer.from(value).toString('latin1');
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(bytes)) headers[name] = bytes;
}
