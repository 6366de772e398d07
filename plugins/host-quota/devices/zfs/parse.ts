import { type Parsed, parseLines, readCount, readId } from '../../tools/parsed.ts';

export interface Dataset {
  readonly name: string;
  readonly mountPoint: string;
}

/** `zfs list -t filesystem -H -o name,mountpoint`, which OpenZFS and zfs-fuse print alike. Unmounted ones are left out. */
export function parseDatasets(text: string): Parsed<Dataset> {
  return parseLines(text, (line) => {
    if (line === '') return undefined;
    const [name, mountPoint, ...rest] = line.split('\t');
    if (!name || mountPoint === undefined || rest.length > 0) return 'it is not a name and a mount point';
    return mountPoint.startsWith('/') ? { name, mountPoint } : undefined;
  });
}

/** The name of a user or group and one quantity; `none`, `-` and an empty field are no limit, which ZFS also writes as 0. */
export interface UserSpace {
  readonly id: number;
  readonly used: bigint;
  readonly quota: bigint;
  readonly usedObjects: bigint;
  readonly objectQuota: bigint;
}

/**
 * `zfs userspace -H -n -p -o name,used,quota[,objused,objquota]` of OpenZFS, and `groupspace` and `projectspace`, which
 * print alike: tab-separated exact numbers and ids, by the name of the columns asked for.
 */
export function parseUserspace(text: string): Parsed<UserSpace> {
  return parseLines(text, (line) => {
    if (line.trim() === '') return undefined;
    const [name, ...fields] = line.split('\t');
    const id = readId(name?.trim());
    if (id === undefined) return `${JSON.stringify((name ?? '').slice(0, 40))} is not an id`;
    if (fields.length !== 2 && fields.length !== 4) return `there are ${fields.length + 1} fields in place of 3 or 5`;
    const [used, quota, usedObjects, objectQuota] = [0, 1, 2, 3].map((at) => readLimit(fields[at] ?? '0'));
    if (used === undefined || quota === undefined) return 'a quantity is not a number of bytes';
    if (usedObjects === undefined || objectQuota === undefined) return 'a number of objects is not a number';
    return { id, used, quota, usedObjects, objectQuota };
  });
}

export interface FuseName {
  readonly kind: 'user' | 'group';
  readonly name: string;
}

/** Whose numbers zfs-fuse knows: its table has names and rounded sizes, so only the names are taken. */
export function parseFuseUserspace(text: string): Parsed<FuseName> {
  let headers = 0;
  const parsed = parseLines<FuseName>(text, (line) => {
    if (/^PROP\s+TYPE\s+NAME\s+VALUE$/.test(line)) headers++;
    // Above its table it complains about a helper that is not installed.
    if (headers === 0 || /^\s*(PROP\b.*)?$/.test(line)) return undefined;
    const [, property, kind, name] = /^(used|quota)\s+(user|group)\s+(\S+)\s+\S+$/.exec(line) ?? [];
    if (property === undefined || name === undefined) return 'it is not a property, a type, a name and a value';
    return { kind: kind === 'group' ? 'group' : 'user', name };
  });
  return headers > 0 ? parsed : { rows: [], problems: [{ line: 1, why: 'there is no header' }] };
}

/** `zfs get -H -p -o property,value`, for as many properties as were asked for. */
export function parseProperties(text: string): Parsed<{ readonly property: string; readonly value: bigint }> {
  return parseLines(text, (line) => {
    if (line === '') return undefined;
    const [property, text] = line.split('\t');
    const value = readLimit(text);
    if (!property || value === undefined) return 'it is not a property and a number';
    return { property, value };
  });
}

function readLimit(text: string | undefined): bigint | undefined {
  const trimmed = text?.trim();
  return trimmed === '' || trimmed === '-' || trimmed === 'none' ? 0n : readCount(trimmed);
}
