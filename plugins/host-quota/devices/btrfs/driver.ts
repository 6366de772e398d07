import { quotaOff, toolFailed, unknownDevice, unparseable, unsupported } from '../../errors.ts';
import type { Mount } from '../../mounts/mountinfo.ts';
import { firstLine } from '../../tools/first-line.ts';
import type { Ran, Run } from '../../tools/run.ts';
import type { Sizes } from '../space.ts';
import type { Device, Driver, QuotaRow, Refusal, Subject } from '../types.ts';
import { parseQgroups, type Qgroup } from './parse.ts';

export interface BtrfsDeps {
  readonly run: Run;
  readonly sizes: Sizes;
  mounts(): Promise<readonly Mount[]>;
}

/** Subvolumes of btrfs through quota groups. */
export function createBtrfsDriver({ run, mounts, sizes }: BtrfsDeps): Driver {
  async function btrfs(args: readonly string[], device: Device, signal: AbortSignal): Promise<string> {
    const ran = await run('btrfs', args, signal);
    if (ran.code !== 0) throw explain(device, ran);
    return ran.stdout;
  }

  async function show(device: Device, subject: Subject, signal: AbortSignal): Promise<readonly Qgroup[]> {
    if (subject !== 'subvolume') throw unsupported(device.name, `limits of a ${subject}`);
    const text = await btrfs(['qgroup', 'show', '-re', '--raw', mountOf(device)], device, signal);
    const { rows, problems } = parseQgroups(text);
    if (problems[0] !== undefined) throw unparseable('btrfs qgroup show', text, problems[0]);
    return rows;
  }

  return {
    kind: 'btrfs',
    devices: async () => {
      const own = (await mounts()).filter(({ fstype }) => fstype === 'btrfs');
      return [...new Set(own.map(({ source }) => source))].map((source) => deviceOf(source, own));
    },
    space: (device) => sizes.spaceOf(mountOf(device)),
    read: async (device, subject, signal) => {
      // Numbers follow the next commit.
      await btrfs(['filesystem', 'sync', mountOf(device)], device, signal);
      const groups = await show(device, subject, signal);
      return { rows: groups.filter(({ subvolume }) => subvolume >= FIRST_SUBVOLUME).map(toRow), unreadable: [] };
    },
    write: async (device, _subject, changes, signal) => {
      const refusals: Refusal[] = [];
      for (const { id, limits } of changes) {
        // By id: by path a subvolume that is full refuses it.
        const ran = await run(
          'btrfs',
          ['qgroup', 'limit', limitOf(limits.blockHard), `0/${id}`, mountOf(device)],
          signal,
        );
        if (ran.code === 0) continue;
        if (!/No such file|is invalid/.test(ran.stderr)) throw explain(device, ran);
        refusals.push({ id, why: firstLine(ran.stderr) });
      }
      return refusals;
    },
    grace: async () => ({ blockSeconds: undefined, inodeSeconds: undefined }),
    look: async (device, subject, signal) => {
      try {
        await show(device, subject, signal);
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error) || error.code !== 'HOST_QUOTA_OFF') throw error;
        const detail = `quota groups are not enabled on ${mountOf(device)}`;
        return { state: 'off', detail, hint: enableHint(device) };
      }
      return { state: 'on', detail: 'limits are enforced' };
    },
    switchOn: async () => undefined,
  };
}

/** Below it are trees of the file system's own; 5 is the top level. */
const FIRST_SUBVOLUME = 256;

function limitOf(blocks: bigint): string {
  if (blocks === 0n) return 'none';
  // 0 is "nothing allowed" here, which 1 KiB stands for.
  return blocks === 1n ? '0' : String(blocks * 1024n);
}

function toRow({ subvolume: id, referenced: usedBytes, maxReferenced }: Qgroup): QuotaRow {
  const blocks = maxReferenced === null ? 0n : maxReferenced === 0n ? 1n : (maxReferenced + 1023n) / 1024n;
  const none = { usedInodes: 0n, inodeSoft: 0n, inodeHard: 0n, blockGrace: 0, inodeGrace: 0 };
  return { id, usedBytes, blockSoft: blocks, blockHard: blocks, ...none };
}

/** The top level where it is mounted: through it every subvolume can be reached. */
function deviceOf(source: string, mounts: readonly Mount[]): Device {
  const own = mounts.filter((mount) => mount.source === source).sort((a, b) => a.root.length - b.root.length);
  return {
    name: source,
    mountPoints: own.map(({ mountPoint }) => mountPoint),
    fstype: 'btrfs',
    options: own[0]?.options ?? [],
    subjects: ['subvolume'],
    stepKib: 1n,
    hasInodes: false,
    hasSoft: false,
  };
}

function mountOf({ mountPoints: [mount], name }: Device): string {
  if (mount === undefined) throw unknownDevice(name);
  return mount;
}

function enableHint(device: Device): string {
  return `Run: btrfs quota enable ${mountOf(device)}`;
}

function explain(device: Device, { stderr, code }: Ran): Error {
  if (/quotas? not enabled/.test(stderr)) return quotaOff(device.name, enableHint(device));
  return toolFailed('btrfs', stderr.trim() === '' ? `it ended with ${code}` : firstLine(stderr));
}
