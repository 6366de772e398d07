import { emptyRow } from '../devices/limits.ts';
import type { Sizes } from '../devices/space.ts';
import type { QuotaRow } from '../devices/types.ts';
import type { Mount } from '../mounts/mountinfo.ts';
import type { Ran, Run, RunOptions } from '../tools/run.ts';

type Flag = '-u' | '-g' | '-P';

/** A host with one file system of ext4 or XFS, behind the programs that agents run. What they print is what real ones do. */
export interface FakeHost {
  readonly run: Run;
  readonly mount: Mount;
  readonly sizes: Sizes;
  mounts(): Promise<readonly Mount[]>;
  /** Programs that were started, with their arguments. */
  readonly calls: string[];
  row(flag: Flag, id: number): QuotaRow;
  change(flag: Flag, id: number, changes: Partial<QuotaRow>): void;
  addUser(name: string, uid: number, gecos?: string): void;
  removeUser(name: string): void;
  /** Line of the report that cannot be read from now on. */
  garble(id: number): void;
  /** The program fails like this instead of doing anything. */
  fail(program: string, ran: Ran | undefined): void;
}

const HEADERS = { '-u': 'User', '-g': 'Group', '-P': 'Project' } as const;
const COLUMNS =
  'BlockStatus,FileStatus,BlockUsed,BlockSoftLimit,BlockHardLimit,BlockGrace,FileUsed,FileSoftLimit,FileHardLimit,FileGrace';
const ERANGE = 2n ** 54n - 1n;

export function createFakeHost(fstype: 'ext4' | 'xfs' = 'ext4', mountPoint = '/srv/data'): FakeHost {
  // Whoever owns the mount point is in every report.
  const ofRoot = (): Map<number, QuotaRow> => new Map([[0, { ...emptyRow(0), usedInodes: 2n }]]);
  const rows: Record<Flag, Map<number, QuotaRow>> = { '-u': ofRoot(), '-g': ofRoot(), '-P': ofRoot() };
  const users = new Map<string, { uid: number; gecos: string }>([['root', { uid: 0, gecos: 'root' }]]);
  const groups = new Map<string, number>([['root', 0]]);
  const garbled = new Set<number>();
  const failures = new Map<string, Ran>();
  const calls: string[] = [];
  const step = fstype === 'xfs' ? 4n : 1n;
  const options = ['rw', 'usrquota', 'grpquota', 'prjquota'];
  const mount: Mount = { mountPoint, fstype, source: '/dev/vdb', options, root: '/' };

  const ok = (stdout = '', stderr = ''): Ran => ({ code: 0, stdout, stderr });
  const fails = (code: number, stderr: string, stdout = ''): Ran => ({ code, stdout, stderr: `${stderr}\n` });
  const row = (flag: Flag, id: number): QuotaRow => rows[flag].get(id) ?? emptyRow(id);
  const up = (value: bigint): bigint => ((value + step - 1n) / step) * step;

  function store(
    flag: Flag,
    id: number,
    [bsoft = 0n, bhard = 0n, isoft = 0n, ihard = 0n]: readonly bigint[],
  ): string | undefined {
    const isBackwards = (bhard > 0n && bsoft > bhard) || (ihard > 0n && isoft > ihard);
    const isHuge = bsoft >= ERANGE || bhard >= ERANGE;
    if (isHuge && fstype === 'ext4')
      return `setquota: Cannot set quota for user ${id} from kernel on /dev/vdb: Numerical result out of range`;
    if (fstype === 'xfs' && (isBackwards || isHuge)) return undefined;
    const limits = { blockSoft: up(bsoft), blockHard: up(bhard), inodeSoft: isoft, inodeHard: ihard };
    rows[flag].set(id, { ...row(flag, id), ...limits });
    return undefined;
  }

  function setquota(args: readonly string[], { stdin = '' }: RunOptions): Ran {
    if (args.at(-1) !== mountPoint) return fails(2, 'setquota: No correct mountpoint specified.');
    const flag = args[0] as Flag;
    if (args[1] !== '-b') {
      const why = store(flag, Number(args[1]), args.slice(2, 6).map(BigInt));
      return why === undefined ? ok() : fails(1, why);
    }
    let stderr = '';
    for (const [index, line] of stdin.trimEnd().split('\n').entries()) {
      const [id = '', ...limits] = line.split(' ');
      if (/^\d+$/.test(id)) stderr += store(flag, Number(id), limits.map(BigInt)) ?? '';
      else stderr += `setquota: Unable to resolve name '${id}' on line ${index + 1}.\nsetquota: Skipping line.\n`;
    }
    return ok('', stderr);
  }

  function repquota(args: readonly string[]): Ran {
    const flag = args[0] as Flag;
    if (args.at(-1) !== mountPoint) return fails(2, 'repquota: No correct mountpoint specified.');
    if (!args.includes('csv')) {
      const status =
        fstype === 'xfs' ? '*** Status for user quotas on device /dev/vdb\nAccounting: ON; Enforcement: ON\n' : '';
      return ok(`Block grace time: 7days; Inode grace time: 7days\n${status}`);
    }
    const lines = [...rows[flag].values()]
      .sort((a, b) => a.id - b.id)
      .filter(isListed)
      .map((one) => csv(one, garbled));
    return ok(`${HEADERS[flag]},${COLUMNS}\n${lines.join('')}`);
  }

  function getent([database = '', ...keys]: readonly string[]): Ran {
    const passwd = [...users].map(
      ([name, { uid, gecos }]) =>
        [name, uid, `${name}:x:${uid}:${uid}:${gecos}:/home/${name}:/usr/sbin/nologin\n`] as const,
    );
    const group = [...groups].map(([name, gid]) => [name, gid, `${name}:x:${gid}:\n`] as const);
    const all = database === 'passwd' ? passwd : group;
    if (keys.length === 0) return ok(all.map(([, , line]) => line).join(''));
    const found = keys.map((key) => all.find(([name, id]) => name === key || String(id) === key)?.[2]);
    const stdout = found.filter((line) => line !== undefined).join('');
    return found.includes(undefined) ? { code: 2, stdout, stderr: '' } : ok(stdout);
  }

  function useradd(args: readonly string[]): Ran {
    const value = (name: string): string => args[args.indexOf(name) + 1] ?? '';
    const [name = '', uid] = [args.at(-1), Number(value('--uid'))];
    if (users.has(name)) return fails(9, `useradd: user '${name}' already exists`);
    if ([...users.values()].some((user) => user.uid === uid)) return fails(4, `useradd: UID ${uid} is not unique`);
    users.set(name, { uid, gecos: value('--comment') });
    return ok();
  }

  function remove(from: Map<string, unknown>, name = ''): Ran {
    return from.delete(name) ? ok() : fails(6, `userdel: user '${name}' does not exist`);
  }

  const programs: Readonly<Record<string, (args: readonly string[], options: RunOptions) => Ran>> = {
    setquota,
    repquota,
    getent,
    useradd,
    userdel: ([name]) => remove(users, name),
    groupadd: (args) => {
      groups.set(args.at(-1) ?? '', Number(args[1]));
      return ok();
    },
    groupdel: ([name]) => remove(groups, name),
    quotaon: () => fails(1, `quotaon: using . on /dev/vdb [${mountPoint}]: File exists`),
  };

  return {
    mount,
    mounts: async () => [mount],
    sizes: { blockKibOf: async () => step, spaceOf: async () => ({ total: 1000n, used: 400n, free: 600n }) },
    calls,
    run: async (program, args, signal, options = {}) => {
      signal.throwIfAborted();
      calls.push([program, ...args].join(' '));
      const answer = programs[program];
      if (answer === undefined) throw new Error(`this host has no ${program}`);
      return failures.get(program) ?? answer(args, options);
    },
    row,
    change: (flag, id, changes) => void rows[flag].set(id, { ...row(flag, id), ...changes }),
    addUser: (name, uid, gecos = '') => void users.set(name, { uid, gecos }),
    removeUser: (name) => void users.delete(name),
    garble: (id) => void garbled.add(id),
    fail: (program, ran) => void (ran === undefined ? failures.delete(program) : failures.set(program, ran)),
  };
}

/** `-v` lists ids with limits or files; one with neither is gone from the report. */
function isListed({ id, usedBytes, usedInodes, blockSoft, blockHard, inodeSoft, inodeHard }: QuotaRow): boolean {
  return id === 0 || usedBytes + usedInodes + blockSoft + blockHard + inodeSoft + inodeHard > 0n;
}

function csv(row: QuotaRow, garbled: ReadonlySet<number>): string {
  const { id, usedBytes, usedInodes, blockSoft, blockHard, inodeSoft, inodeHard, blockGrace, inodeGrace } = row;
  if (garbled.has(id)) return `#${id},ok,ok,?,?\n`;
  const blocks = (usedBytes + 1023n) / 1024n;
  const status = (used: bigint, soft: bigint, hard: bigint): string =>
    soft > 0n && used > soft ? 'soft' : hard > 0n && used > hard ? 'hard' : 'ok';
  const states = [status(blocks, blockSoft, blockHard), status(usedInodes, inodeSoft, inodeHard)];
  const numbers = [blocks, blockSoft, blockHard, blockGrace, usedInodes, inodeSoft, inodeHard, inodeGrace];
  return `#${id},${[...states, ...numbers].join(',')}\n`;
}
