import { toolFailed } from '../errors.ts';
import { isName } from '../tools/argv.ts';
import { firstLine } from '../tools/first-line.ts';
import { type Parsed, parseLines, readId } from '../tools/parsed.ts';
import type { Run } from '../tools/run.ts';

export interface HostUser {
  readonly name: string;
  readonly uid: number;
  /** The comment field, where a stamp of ours is, or a person's name and address. */
  readonly gecos: string;
}

export interface HostGroup {
  readonly name: string;
  readonly gid: number;
}

/** Who is who on this host, through NSS: local files and directories alike. */
export interface Names {
  /** By name or by number; undefined when there is no such user. */
  user(nameOrUid: string | number, signal: AbortSignal): Promise<HostUser | undefined>;
  group(nameOrGid: string | number, signal: AbortSignal): Promise<HostGroup | undefined>;
  /** All that can be listed; a directory may keep its own to itself. */
  users(signal: AbortSignal): Promise<readonly HostUser[]>;
  groups(signal: AbortSignal): Promise<readonly HostGroup[]>;
  /** Names of these ids; an id without one is left out. */
  userNames(uids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>>;
  groupNames(gids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>>;
}

/** Keys for one process, below the longest argument vector. */
const KEYS_AT_ONCE = 1000;

export function createNames(run: Run): Names {
  async function getent(database: 'passwd' | 'group', keys: readonly string[], signal: AbortSignal): Promise<string> {
    const ran = await run('getent', [database, ...keys], signal);
    // 2: at least one of them is not there.
    if (ran.code === 0 || ran.code === 2) return ran.stdout;
    throw toolFailed('getent', firstLine(ran.stderr) || `it ended with ${ran.code}`);
  }

  async function namesOf<T>(
    database: 'passwd' | 'group',
    ids: readonly number[],
    parse: (text: string) => Parsed<T>,
    read: (row: T) => readonly [number, string],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, string>> {
    const names = new Map<number, string>();
    for (let at = 0; at < ids.length; at += KEYS_AT_ONCE) {
      const text = await getent(database, ids.slice(at, at + KEYS_AT_ONCE).map(String), signal);
      for (const row of parse(text).rows) names.set(...read(row));
    }
    return names;
  }

  return {
    user: async (key, signal) => {
      if (typeof key === 'string' && !isName('user', key)) return undefined;
      const [row] = parsePasswd(await getent('passwd', [String(key)], signal)).rows;
      // A name of digits only would be looked up as a number.
      return row !== undefined && (row.name === key || row.uid === key) ? row : undefined;
    },
    group: async (key, signal) => {
      if (typeof key === 'string' && !isName('group', key)) return undefined;
      const [row] = parseGroup(await getent('group', [String(key)], signal)).rows;
      return row !== undefined && (row.name === key || row.gid === key) ? row : undefined;
    },
    users: async (signal) => parsePasswd(await getent('passwd', [], signal)).rows,
    groups: async (signal) => parseGroup(await getent('group', [], signal)).rows,
    userNames: (uids, signal) => namesOf('passwd', uids, parsePasswd, ({ uid, name }) => [uid, name], signal),
    groupNames: (gids, signal) => namesOf('group', gids, parseGroup, ({ gid, name }) => [gid, name], signal),
  };
}

/** passwd(5). */
export function parsePasswd(text: string): Parsed<HostUser> {
  return parseLines(text, (line) => {
    if (line === '') return undefined;
    const [name, , uid, gid, gecos, ...rest] = line.split(':');
    const id = readId(uid);
    if (!name || id === undefined || gid === undefined || gecos === undefined || rest.length !== 2) {
      return 'it is not a line of passwd';
    }
    return { name, uid: id, gecos };
  });
}

/** group(5). */
export function parseGroup(text: string): Parsed<HostGroup> {
  return parseLines(text, (line) => {
    if (line === '') return undefined;
    const [name, , gid, members, ...rest] = line.split(':');
    const id = readId(gid);
    if (!name || id === undefined || members === undefined || rest.length > 0) return 'it is not a line of group';
    return { name, gid: id };
  });
}
