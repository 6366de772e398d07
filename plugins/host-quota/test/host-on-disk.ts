import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStamp } from '../accounts/stamp.ts';

/** A user of the host on disk. */
export interface DiskUser {
  readonly uid: number;
  readonly resource: string | undefined;
  /** Bytes; undefined without a limit. */
  readonly limit: number | undefined;
}

/** A host that is programs and files: for agents in processes of their own, which may die at any time. */
export interface HostOnDisk {
  /** Lines of `backend_settings`. */
  readonly settings: {
    readonly device: string;
    readonly host_id: string;
    readonly registry: string;
    readonly tools: Record<string, string>;
  };
  users(): readonly DiskUser[];
  /** Ids that have a limit and no name. */
  nameless(): readonly number[];
  fill(uid: number, bytes: number): void;
  /** From now on programs fail so often, in percent; 0 ends it. */
  roll(seed: number, percent: number): void;
  /** Programs that failed while they could. */
  failures(): number;
}

const PROGRAMS = ['zfs', 'getent', 'useradd', 'userdel'] as const;

export function createHostOnDisk(folder: string): HostOnDisk {
  const state = join(folder, 'state');
  for (const name of ['users', 'quota', 'used', 'calls']) mkdirSync(join(state, name), { recursive: true });
  const source = fileURLToPath(new URL('fake-host.sh', import.meta.url));
  for (const name of PROGRAMS) {
    copyFileSync(source, join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(state, 'users', 'root'), '0:root\n');
  const numbers = (name: string): readonly number[] =>
    readdirSync(join(state, name))
      .filter((id) => /^\d+$/.test(id))
      .map(Number);
  const users = (): readonly DiskUser[] =>
    readdirSync(join(state, 'users'))
      .filter((name) => name !== 'root' && !name.startsWith('.'))
      .map((name) => {
        const [uid = '', comment = ''] = readFileSync(join(state, 'users', name), 'utf8')
          .trim()
          .split(':');
        const path = join(state, 'quota', uid);
        const [quota = 'none'] = existsSync(path) ? readFileSync(path, 'utf8').split(' ') : [];
        return { uid: Number(uid), resource: readStamp(comment), limit: quota === 'none' ? undefined : Number(quota) };
      });
  return {
    settings: {
      device: 'tank/home',
      host_id: 'lab',
      registry: join(folder, 'registry'),
      tools: Object.fromEntries(PROGRAMS.map((name) => [name, join(folder, name)])),
    },
    users,
    nameless: () => numbers('quota').filter((id) => !users().some(({ uid }) => uid === id)),
    fill: (uid, bytes) => writeFileSync(join(state, 'used', String(uid)), `${bytes} 1\n`),
    roll: (seed, percent) => {
      if (percent === 0) rmSync(join(state, 'dice'), { force: true });
      else writeFileSync(join(state, 'dice'), `${seed} ${percent}\n`);
    },
    failures: () => (existsSync(join(state, 'failures')) ? statSync(join(state, 'failures')).size : 0),
  };
}
