import { busy, toolFailed, unknownDevice, unparseable, unsupported } from '../../errors.ts';
import { firstLine } from '../../tools/first-line.ts';
import type { Parsed } from '../../tools/parsed.ts';
import type { Ran, Run } from '../../tools/run.ts';
import type { Change, Device, Driver, QuotaRow, Refusal, Subject } from '../types.ts';
import { parseDatasets, parseFuseUserspace, parseProperties, parseUserspace, type UserSpace } from './parse.ts';
import { limitOf, toRow } from './units.ts';

export interface ZfsDeps {
  readonly run: Run;
  /** Which datasets; all that are mounted when it is empty. */
  readonly datasets: readonly string[];
  /** The id behind a name, for zfs-fuse, which only prints names. */
  idOf(kind: 'user' | 'group', name: string, signal: AbortSignal): Promise<number | undefined>;
}

/** `openzfs` prints exact numbers by id and has quotas of objects and of projects; zfs-fuse has none of it. */
type Flavour = 'openzfs' | 'fuse';

/** ZFS datasets through `zfs`. */
export function createZfsDriver(deps: ZfsDeps): Driver {
  const { run } = deps;
  let known: Flavour | undefined;
  /** Datasets whose pool was found to have projects. */
  const withProjects = new Set<string>();

  async function zfs(args: readonly string[], signal: AbortSignal): Promise<string> {
    const ran = await run('zfs', args, signal);
    if (ran.code !== 0) throw explain(args.at(-1) ?? '', ran);
    return ran.stdout;
  }

  async function flavour(signal: AbortSignal): Promise<Flavour> {
    // The first does not know the option that prints exact numbers.
    known ??= (await run('zfs', ['list', '-H', '-p', '-o', 'name', '-d', '0'], signal)).code === 2 ? 'fuse' : 'openzfs';
    return known;
  }

  /** Tools before OpenZFS 0.8 have no such command, and pools may lack the feature. */
  async function hasProjects(dataset: string, signal: AbortSignal): Promise<boolean> {
    if (withProjects.has(dataset)) return true;
    if ((await flavour(signal)) === 'fuse') return false;
    const { code } = await run('zfs', ['projectspace', '-H', '-p', '-o', 'name', dataset], signal);
    if (code === 0) withProjects.add(dataset);
    return code === 0;
  }

  return {
    kind: 'zfs',
    devices: async (signal) => {
      const text = await zfs(['list', '-H', '-t', 'filesystem', '-o', 'name,mountpoint'], signal);
      const hasInodes = (await flavour(signal)) === 'openzfs';
      const devices: Device[] = [];
      for (const { name, mountPoint } of rowsOf('zfs list', text, parseDatasets(text))) {
        if (deps.datasets.length > 0 && !deps.datasets.includes(name)) continue;
        const subjects = [...NAMED, ...((await hasProjects(name, signal)) ? (['project'] as const) : [])];
        devices.push(deviceOf(name, mountPoint, subjects, hasInodes));
      }
      return devices;
    },
    space: async ({ name }, signal) => {
      const text = await zfs(['get', '-H', '-p', '-o', 'property,value', 'used,available', name], signal);
      const values = new Map(
        rowsOf('zfs get', text, parseProperties(text)).map(({ property, value }) => [property, value]),
      );
      const [used = 0n, free = 0n] = [values.get('used'), values.get('available')];
      return { total: used + free, used, free };
    },
    read: async (device, subject, signal) => {
      const kind = kindOf(device, subject);
      const read = (await flavour(signal)) === 'fuse' ? readFuse : readOpenZfs;
      return { rows: await read(deps, zfs, device, kind, signal), unreadable: [] };
    },
    write: (device, subject, changes, signal) => write(run, device, kindOf(device, subject), changes, signal),
    grace: async () => ({ blockSeconds: undefined, inodeSeconds: undefined }),
    look: async ({ name, subjects, hasInodes }, subject) =>
      subject === 'project' && !subjects.includes('project')
        ? {
            state: 'off',
            detail: `${name} has no quotas of projects: zfs-fuse and OpenZFS before 0.8 have none`,
            ...(hasInodes && { hint: `Run: zpool set feature@project_quota=enabled ${name.split('/')[0]}` }),
          }
        : { state: 'on', detail: 'limits are enforced, some seconds after they were passed' },
    switchOn: async () => undefined,
  };
}

type Zfs = (args: readonly string[], signal: AbortSignal) => Promise<string>;

async function readOpenZfs(
  _: ZfsDeps,
  zfs: Zfs,
  device: Device,
  kind: Kind,
  signal: AbortSignal,
): Promise<readonly QuotaRow[]> {
  const [command, ...options] = SPACE[kind];
  const text = await zfs([command, ...options, '-H', '-p', '-o', COLUMNS, device.name], signal);
  return rowsOf(`zfs ${command}`, text, parseUserspace(text)).map(toRow);
}

const COLUMNS = 'name,used,quota,objused,objquota';
/** Projects have no names, and so no option to leave them out. */
const SPACE = {
  user: ['userspace', '-t', 'posixuser', '-n'],
  group: ['groupspace', '-t', 'posixgroup', '-n'],
  project: ['projectspace'],
} as const;

/** Names from one table, and the exact numbers of all of them from another call. */
async function readFuse(
  { idOf }: ZfsDeps,
  zfs: Zfs,
  device: Device,
  kind: Kind,
  signal: AbortSignal,
): Promise<readonly QuotaRow[]> {
  if (kind === 'project') throw unsupported(device.name, 'limits of a project: zfs-fuse knows none');
  const table = await zfs(['userspace', device.name], signal);
  const names = rowsOf('zfs userspace', table, parseFuseUserspace(table)).filter((row) => row.kind === kind);
  const ids = new Set<number>();
  for (const { name } of names) {
    const id = /^\d+$/.test(name) ? Number(name) : await idOf(kind, name, signal);
    if (id !== undefined) ids.add(id);
  }
  if (ids.size === 0) return [];
  const properties = [...ids].flatMap((id) => [`${kind}used@${id}`, `${kind}quota@${id}`]).join(',');
  const text = await zfs(['get', '-H', '-p', '-o', 'property,value', properties, device.name], signal);
  const values = new Map(rowsOf('zfs get', text, parseProperties(text)).map((row) => [row.property, row.value]));
  return [...ids].map((id): QuotaRow => {
    const [used = 0n, quota = 0n] = [values.get(`${kind}used@${id}`), values.get(`${kind}quota@${id}`)];
    const space: UserSpace = { id, used, quota, usedObjects: 0n, objectQuota: 0n };
    return toRow(space);
  });
}

async function write(
  run: Run,
  device: Device,
  kind: Kind,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  for (const { id, limits } of changes) {
    const objects = limits.inodeHard === 0n ? 'none' : String(limits.inodeHard);
    const settings = [`${kind}quota@${id}=${limitOf(limits.blockHard)}`];
    if (device.hasInodes) settings.push(`${kind}objquota@${id}=${objects}`);
    for (const setting of settings) {
      const ran = await run('zfs', ['set', setting, device.name], signal);
      if (ran.code === 0) continue;
      if (!/invalid user|bad numeric/.test(ran.stderr)) throw explain(device.name, ran);
      refusals.push({ id, why: firstLine(ran.stderr) });
      break;
    }
  }
  return refusals;
}

type Kind = 'user' | 'group' | 'project';

const NAMED = ['user', 'group'] as const;

function kindOf(device: Device, subject: Subject): Kind {
  if (subject !== 'subvolume') return subject;
  throw unsupported(device.name, `limits of a ${subject}`);
}

function deviceOf(name: string, mountPoint: string, subjects: readonly Subject[], hasInodes: boolean): Device {
  return {
    name,
    mountPoints: [mountPoint],
    fstype: 'zfs',
    options: [],
    subjects,
    stepKib: 1n,
    hasInodes,
    hasSoft: false,
  };
}

function rowsOf<T>(what: string, text: string, { rows, problems }: Parsed<T>): readonly T[] {
  if (problems[0] !== undefined) throw unparseable(what, text, problems[0]);
  return rows;
}

function explain(dataset: string, { stderr, code }: Ran): Error {
  if (/dataset does not exist/.test(stderr)) return unknownDevice(dataset);
  if (/dataset is busy/.test(stderr)) return busy('zfs', firstLine(stderr));
  const hint = /permission denied|Permission denied/.test(stderr)
    ? `zfs allow -u waldur-agent userquota,userused,groupquota,groupused,mount ${dataset}`
    : undefined;
  return toolFailed('zfs', stderr.trim() === '' ? `it ended with ${code}` : firstLine(stderr), hint);
}
