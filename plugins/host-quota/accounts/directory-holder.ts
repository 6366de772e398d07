import { join } from 'node:path';
import { parseProject } from '../devices/linux/projects.ts';
import { taken, toolFailed, unparseable } from '../errors.ts';
import { firstLine } from '../tools/first-line.ts';
import type { Ran, Run } from '../tools/run.ts';
import { checkAccountName } from './account-name.ts';
import type { Directories } from './directories.ts';
import { readDirectoryStamp, writeDirectoryStamp } from './directory-stamp.ts';
import type { Holder, Standing } from './holder.ts';

export interface DirectoryDeps {
  readonly run: Run;
  readonly directories: Directories;
  readonly baseDir: string;
}

/** Root only: the site hands a directory to those who shall write there. */
const MODE = 0o770;

/** One directory below `base_dir` for each account, with a project id that whatever is made in it inherits. */
export function createProjectHolder(deps: DirectoryDeps): Holder {
  const { run, directories } = deps;
  const project = async (path: string, signal: AbortSignal): Promise<{ id: number; inherits: boolean }> => {
    const { stdout } = await succeed(run, 'lsattr', ['-p', '-d', path], signal);
    const found = parseProject(stdout);
    if (found === undefined) throw unparseable('lsattr', stdout, { line: 1, why: 'it is not a project and flags' });
    return found;
  };
  return {
    ...common(deps, async (path, signal) => (await project(path, signal)).id),
    made: 'directory',
    make: async (name, resource, id, signal) => {
      const path = await prepare(deps, name, resource, signal);
      await directories.make(path, MODE);
      await writeDirectoryStamp(run, path, resource, signal);
      const before = await project(path, signal);
      const wanted = before.id === 0 ? id : before.id;
      if (before.id !== wanted || !before.inherits) {
        await succeed(run, 'chattr', ['-p', String(wanted), '+P', path], signal);
      }
      const after = await project(path, signal);
      if (after.id === wanted && after.inherits) return wanted;
      throw toolFailed('chattr', `${path} did not get the project ${wanted}`);
    },
    remove: async (name, purge) => {
      const path = join(deps.baseDir, checkAccountName(name));
      await (purge ? directories.removeTree(path) : directories.remove(path));
    },
  };
}

/** One subvolume below `base_dir` for each account. */
export function createSubvolumeHolder(deps: DirectoryDeps): Holder {
  const { run, directories } = deps;
  const idOf = async (path: string, signal: AbortSignal): Promise<number> => {
    const { stdout } = await succeed(run, 'btrfs', ['inspect-internal', 'rootid', path], signal);
    if (/^\d{1,9}\s*$/.test(stdout)) return Number(stdout);
    throw unparseable('btrfs inspect-internal rootid', stdout, { line: 1, why: 'it is not an id' });
  };
  return {
    ...common(deps, idOf),
    made: 'subvolume',
    make: async (name, resource, _id, signal) => {
      const path = await prepare(deps, name, resource, signal);
      if ((await directories.kind(path)) === undefined) {
        await succeed(run, 'btrfs', ['subvolume', 'create', path], signal);
      }
      await writeDirectoryStamp(run, path, resource, signal);
      return idOf(path, signal);
    },
    remove: async (name, _purge, signal) => {
      const path = join(deps.baseDir, checkAccountName(name));
      if ((await directories.kind(path)) === undefined) return;
      await succeed(run, 'btrfs', ['subvolume', 'delete', path], signal);
    },
  };
}

function common(
  { run, directories, baseDir }: DirectoryDeps,
  idOf: (path: string, signal: AbortSignal) => Promise<number>,
): Pick<Holder, 'find' | 'search' | 'holdsFiles' | 'taken'> {
  return {
    find: async (name, signal): Promise<Standing | undefined> => {
      const path = join(baseDir, checkAccountName(name));
      const kind = await directories.kind(path);
      if (kind === undefined) return undefined;
      if (kind === 'other') throw taken(path, 'Something else than a directory stands there.');
      return { name, id: await idOf(path, signal), resource: await readDirectoryStamp(run, path, signal) };
    },
    search: async (id, resource, signal) => {
      for (const name of await directories.names(baseDir)) {
        const path = join(baseDir, name);
        if ((await directories.kind(path)) !== 'directory') continue;
        const owner = await readDirectoryStamp(run, path, signal);
        if (owner === resource && (await idOf(path, signal)) === id) return { name, id, resource };
      }
      return undefined;
    },
    holdsFiles: async (name) => {
      const path = join(baseDir, checkAccountName(name));
      return (await directories.kind(path)) === 'directory' && !(await directories.isEmpty(path));
    },
    taken: async () => [],
  };
}

/** The path, which is free, ours, or empty and without a stamp because making it was interrupted. */
async function prepare(
  { run, directories, baseDir }: DirectoryDeps,
  name: string,
  resource: string,
  signal: AbortSignal,
): Promise<string> {
  const path = join(baseDir, checkAccountName(name));
  const kind = await directories.kind(path);
  if (kind === undefined) return path;
  const owner = kind === 'directory' ? await readDirectoryStamp(run, path, signal) : undefined;
  const isUnfinished = kind === 'directory' && owner === undefined && (await directories.isEmpty(path));
  if (owner === resource || isUnfinished) return path;
  throw taken(path, 'Ask the provider: a directory of that name exists without the stamp of this resource.');
}

async function succeed(run: Run, program: string, args: readonly string[], signal: AbortSignal): Promise<Ran> {
  const ran = await run(program, args, signal);
  if (ran.code !== 0) throw toolFailed(program, firstLine(ran.stderr) || `it ended with ${ran.code}`);
  return ran;
}
