import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { isJsonObject } from '../../../src/lib/json.ts';
import { formatEntries, formatNested, parseExact, readExact } from '../exact-json.ts';

/** What a client says about an object when it stores it. */
export interface Description {
  readonly contentType: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly expires?: string | undefined;
  /** `x-amz-meta-*` without the prefix. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Base64 by algorithm in lower case, for example `crc32`; with the number of parts behind it for a checksum of checksums. */
  readonly checksums?: Readonly<Record<string, string>> | undefined;
  /** `COMPOSITE` or `FULL_OBJECT`, of the checksums of an upload. */
  readonly checksumType?: string | undefined;
  /** What the parts of an upload are checked with. */
  readonly checksumAlgorithm?: string | undefined;
  /** Of the upload that the object was made by. */
  readonly uploadId?: string | undefined;
  /** How the object was uploaded: sizes in bytes, and how many parts in a row have them. */
  readonly partSizes?: PartSizes | undefined;
  /** Fields that another program put there, kept as they are. */
  readonly others?: readonly (readonly [string, Json])[] | undefined;
}

export type PartSizes = readonly (readonly [size: number, count: number])[];

/** The contents of `<key>.metadata`. */
export interface Sidecar extends Description {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modified: Date;
  /** The bytes are not those of the object: another server stored them encrypted. */
  readonly encrypted: boolean;
}

/** What every sidecar has is written out: it is nearly all there is, and a list of fields takes ten times as long. */
export function formatSidecar(sidecar: Sidecar): string {
  const { key, size, etag, modified, contentType = DEFAULT_TYPE, metadata, others = [] } = sidecar;
  return `{
  "key": ${JSON.stringify(key)},
  "size": ${size},
  "etag": ${JSON.stringify(etag)},
  "last_modified": "${modified.toISOString()}",
  "content_type": ${JSON.stringify(contentType)},
  "storage_class": "STANDARD",
  "metadata": ${formatNested(metadata)},
  "version_id": null,
  "encryption": null,
${ownFields(sidecar)}${formatEntries(withTags(others.filter(([field]) => !KNOWN.has(field))))}
}`;
}

/** Those that there are, each with the comma behind it. */
function ownFields(sidecar: Sidecar): string {
  const { checksums, partSizes } = sidecar;
  const line = (field: string, value: Json): string => `  "${field}": ${formatNested(value)},\n`;
  let lines = '';
  for (const [field, property] of OWN_FIELDS) {
    const value = sidecar[property];
    if (value !== undefined) lines += line(field, value);
  }
  if (checksums !== undefined) lines += line('checksums', checksums);
  return partSizes === undefined ? lines : lines + line('part_sizes', formatPartSizes(partSizes));
}

/** Undefined when it is not what this server or IronBucket writes: the object is served without it. */
export function parseSidecar(text: string): Sidecar | undefined {
  const value = parseExact(text);
  if (value === undefined) return undefined;
  const size = readExact(value['size']);
  const { key, etag, last_modified, encryption, metadata, checksums } = value;
  const modified = typeof last_modified === 'string' ? new Date(last_modified) : undefined;
  if (typeof key !== 'string' || typeof etag !== 'string' || size === undefined) return undefined;
  if (modified === undefined || Number.isNaN(modified.getTime())) return undefined;
  const described = Object.fromEntries(OWN_FIELDS.map(([field, property]) => [property, asText(value[field])]));
  return {
    key,
    size: Number(size),
    etag: etag.replaceAll('"', ''),
    modified,
    encrypted: encryption !== null && encryption !== undefined,
    ...described,
    contentType: asText(value['content_type']),
    metadata: texts(metadata) ?? {},
    checksums: texts(checksums),
    partSizes: readPartSizes(value['part_sizes']),
    others: Object.entries(value).filter(([field]) => !KNOWN.has(field)),
  };
}

export const DEFAULT_TYPE = 'binary/octet-stream';

/** Fields of ours beside those of the format, which readers of the format ignore. */
const OWN_FIELDS = [
  ['cache_control', 'cacheControl'],
  ['content_disposition', 'contentDisposition'],
  ['content_encoding', 'contentEncoding'],
  ['content_language', 'contentLanguage'],
  ['expires', 'expires'],
  ['checksum_type', 'checksumType'],
  ['checksum_algorithm', 'checksumAlgorithm'],
  ['upload_id', 'uploadId'],
] as const satisfies readonly (readonly [string, keyof Description])[];

const KNOWN: ReadonlySet<string> = new Set(
  [
    'key',
    'size',
    'etag',
    'last_modified',
    'content_type',
    'storage_class',
    'metadata',
    'version_id',
    'encryption',
  ].concat(
    OWN_FIELDS.map(([field]) => field),
    ['checksums', 'part_sizes'],
  ),
);

/** The format has the field in every sidecar. */
function withTags(others: readonly (readonly [string, Json])[]): readonly (readonly [string, Json])[] {
  return others.some(([field]) => field === 'tags') ? others : [['tags', {}], ...others];
}

/** `5242880x3,17`: short, because there may be ten thousand parts. */
function formatPartSizes(partSizes: PartSizes): string {
  return partSizes.map(([size, count]) => (count === 1 ? String(size) : `${size}x${count}`)).join(',');
}

function readPartSizes(value: Json | undefined): PartSizes | undefined {
  if (typeof value !== 'string' || !/^\d+(x\d+)?(,\d+(x\d+)?)*$/.test(value)) return undefined;
  return value.split(',').map((run) => {
    const [size, count = 1] = run.split('x').map(Number);
    return [size ?? 0, count] as const;
  });
}

function asText(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(value)) return undefined;
  const entries = Object.entries(value satisfies JsonObject);
  return Object.fromEntries(entries.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])));
}
