import { quotaOff, toolFailed, unsupported } from '../../errors.ts';
import type { Mount } from '../../mounts/mountinfo.ts';
import { firstLine } from '../../tools/first-line.ts';
import type { Ran, Run } from '../../tools/run.ts';
import { rowsOf } from '../rows-of.ts';
import type { Sizes } from '../space.ts';
import type { Change, Device, Driver, Enforcement, Refusal, Subject } from '../types.ts';
import { formatBatch, parseBatchErrors } from './batch.ts';
import { explainFailure, RIGHTS } from './explain.ts';
import { MOUNT_OPTION, subjectsOf } from './mount-quotas.ts';
import { parseReport } from './report.ts';
import { parseRepquota } from './repquota.ts';

export interface LinuxDeps {
  readonly run: Run;
  readonly sizes: Sizes;
  mounts(): Promise<readonly Mount[]>;
}

/** ext4 and XFS through quota-tools. */
export function createLinuxDriver(deps: LinuxDeps): Driver {
  const { run } = deps;
  /** What `quotaon` switched on although the mount options do not say so: `/dev/sda1 user`. */
  const switchedOn = new Set<string>();

  async function report(
    device: Device,
    subject: Subject,
    format: readonly string[],
    signal: AbortSignal,
  ): Promise<Ran> {
    const mount = mountOf(device);
    const ran = await run('repquota', [flag(device, subject), '-v', '-n', '-p', ...format, mount], signal);
    if (ran.code !== 0) throw explainFailure('repquota', mount, ran) ?? quotaOff(mount, firstLine(ran.stderr));
    return ran;
  }

  return {
    kind: 'ext4, xfs',
    devices: async () => {
      const mounts = (await deps.mounts()).filter(({ fstype }) => fstype === 'ext4' || fstype === 'xfs');
      const sources = [...new Set(mounts.map(({ source }) => source))].filter((source) => source.startsWith('/dev/'));
      return Promise.all(sources.map((source) => describe(deps, source, mounts, switchedOn)));
    },
    space: (device) => deps.sizes.spaceOf(mountOf(device)),
    read: async (device, subject, signal) => {
      const { stdout } = await report(device, subject, ['-O', 'csv'], signal);
      const read = rowsOf('repquota', stdout, parseRepquota(stdout));
      // The owner of the mount point is in every report. Without the right to ask the kernel it is empty, with exit status 0.
      if (read.rows.length + read.unreadable.length === 0) throw toolFailed('repquota', 'its report is empty', RIGHTS);
      return read;
    },
    write: (device, subject, changes, signal) => write(run, device, subject, changes, signal),
    grace: async (device, subject, signal) => parseReport((await report(device, subject, [], signal)).stdout),
    look: async (device, subject, signal) => {
      if (!device.subjects.includes(subject)) return missingOption(device, subject);
      if (device.fstype === 'xfs') {
        return xfsEnforcement(
          device,
          subject,
          parseReport((await report(device, subject, [], signal)).stdout).enforced,
        );
      }
      return switchedOn.has(`${device.name} ${subject}`) ? untilRemount(device, subject) : ON;
    },
    switchOn: async (device, subject, signal) => {
      if (device.fstype !== 'ext4') return;
      const ran = await run('quotaon', [flag(device, subject), mountOf(device)], signal);
      // `File exists` is how it says that limits are enforced already.
      if (ran.code !== 0 && !/File exists/.test(ran.stderr)) {
        throw explainFailure('quotaon', mountOf(device), ran) ?? quotaOff(device.name, firstLine(ran.stderr));
      }
      if (!device.subjects.includes(subject)) switchedOn.add(`${device.name} ${subject}`);
    },
  };
}

async function describe(
  deps: LinuxDeps,
  source: string,
  mounts: readonly Mount[],
  switchedOn: ReadonlySet<string>,
): Promise<Device> {
  const own = mounts.filter((mount) => mount.source === source);
  const [first] = own;
  const fstype = first?.fstype ?? '';
  const options = first?.options ?? [];
  const subjects = subjectsOf({ options });
  const added = (['user', 'group', 'project'] as const).filter((subject) => switchedOn.has(`${source} ${subject}`));
  return {
    name: source,
    mountPoints: own.map(({ mountPoint }) => mountPoint),
    fstype,
    options,
    subjects: [...new Set([...subjects, ...added])],
    // A file system that does not even tell that is found out when it is read.
    stepKib: fstype === 'xfs' ? await deps.sizes.blockKibOf(first?.mountPoint ?? '/').catch(() => XFS_BLOCK_KIB) : 1n,
    hasInodes: true,
    hasSoft: true,
  };
}

async function write(
  run: Run,
  device: Device,
  subject: Subject,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Refusal[]> {
  const mount = mountOf(device);
  const [only] = changes;
  if (only === undefined) return [];
  if (changes.length > 1) {
    const args = [flag(device, subject), '-b', '-c', mount];
    const ran = await run('setquota', args, signal, { stdin: formatBatch(changes) });
    const refusals = parseBatchErrors(ran.stderr, changes);
    const failure = ran.code === 0 || refusals.length > 0 ? undefined : explainFailure('setquota', mount, ran);
    if (failure !== undefined) throw failure;
    return refusals;
  }
  const { blockSoft, blockHard, inodeSoft, inodeHard } = only.limits;
  const numbers = [only.id, blockSoft, blockHard, inodeSoft, inodeHard].map(String);
  const ran = await run('setquota', [flag(device, subject), ...numbers, mount], signal);
  if (ran.code === 0) return [];
  const failure = explainFailure('setquota', mount, ran);
  if (failure !== undefined) throw failure;
  return [{ id: only.id, why: firstLine(ran.stderr) }];
}

function flag(device: Device, subject: Subject): string {
  if (subject === 'subvolume') throw unsupported(device.name, 'subvolumes');
  return { user: '-u', group: '-g', project: '-P' }[subject];
}

/** Any mount point of it will do: the quotas are of the file system. */
function mountOf(device: Device): string {
  const [mount] = device.mountPoints;
  if (mount === undefined) throw quotaOff(device.name, 'Mount it.');
  return mount;
}

/** As mkfs.xfs makes it. */
const XFS_BLOCK_KIB = 4n;

const ON: Enforcement = { state: 'on', detail: 'limits are enforced' };

function missingOption(device: Device, subject: Subject): Enforcement {
  const option = MOUNT_OPTION[subject === 'subvolume' ? 'user' : subject];
  // A remount shows the option. On ext4 it enforces nothing, and on XFS it fails.
  const hint = `Add ${option} to its options in /etc/fstab, unmount and mount it; a remount is not enough.`;
  return { state: 'off', detail: `${mountOf(device)} is mounted without ${option}`, hint };
}

/** The tools call an ext4 of this kind "on" whether it is or not. */
function untilRemount(device: Device, subject: Subject): Enforcement {
  const { hint } = missingOption(device, subject);
  const detail = 'limits are enforced because the agent switched them on; the next mount loses that';
  return { state: 'until-remount', detail, ...(hint !== undefined && { hint }) };
}

function xfsEnforcement(device: Device, subject: Subject, enforced: boolean | undefined): Enforcement {
  if (enforced === true) return ON;
  const flags = { user: '-u', group: '-g', project: '-p', subvolume: '' }[subject];
  const hint = `Run: xfs_quota -x -c 'enable ${flags}' ${mountOf(device)}`;
  return { state: 'off', detail: `${mountOf(device)} counts and does not enforce`, hint };
}
