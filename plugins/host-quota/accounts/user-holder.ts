import { busy, taken, toolFailed } from '../errors.ts';
import type { HostUser, Names } from '../host/names.ts';
import { firstLine } from '../tools/first-line.ts';
import type { Run } from '../tools/run.ts';
import { checkAccountName } from './account-name.ts';
import type { Holder, Standing } from './holder.ts';
import { readStamp, stampOf } from './stamp.ts';

/** Users of the host, which carry the stamp as their comment. */
export function createUserHolder(run: Run, names: Names): Holder {
  return {
    made: 'user',
    find: async (name, signal) => {
      const user = await names.user(name, signal);
      return user && standing(user);
    },
    search: async (id, _resource, signal) => {
      const user = await names.user(id, signal);
      return user && standing(user);
    },
    make: async (name, resource, id, signal) => {
      const user = await names.user(checkAccountName(name), signal);
      if (user !== undefined) {
        if (readStamp(user.gecos) === resource) return user.uid;
        throw taken(`The user name ${name}`, 'Ask the provider: a user of that name exists on the host.');
      }
      const options = ['--no-create-home', '--shell', '/usr/sbin/nologin', '--comment', stampOf(resource)];
      const ran = await run('useradd', [...options, '--uid', String(id), name], signal);
      if (ran.code !== 0) throw explain('useradd', ran);
      return id;
    },
    remove: async (name, _purge, signal) => {
      // 6: there is no such user.
      const ran = await run('userdel', [checkAccountName(name)], signal);
      if (ran.code !== 0 && ran.code !== 6) throw explain('userdel', ran);
    },
    taken: async (signal) => (await names.users(signal)).map(({ uid }) => uid),
  };
}

function standing({ name, uid, gecos }: HostUser): Standing {
  return { name, id: uid, resource: readStamp(gecos) };
}

/** Groups of the host. They have no comment: the registry alone says whose they are. */
export function createGroupHolder(run: Run, names: Names): Holder {
  return {
    made: 'group',
    find: async (name, signal) => {
      const group = await names.group(name, signal);
      return group && { name, id: group.gid, resource: undefined };
    },
    search: async (id, _resource, signal) => {
      const group = await names.group(id, signal);
      return group && { name: group.name, id, resource: undefined };
    },
    make: async (name, _resource, id, signal) => {
      const group = await names.group(checkAccountName(name), signal);
      if (group !== undefined) return group.gid;
      const ran = await run('groupadd', ['--gid', String(id), name], signal);
      if (ran.code !== 0) throw explain('groupadd', ran);
      return id;
    },
    remove: async (name, _purge, signal) => {
      const ran = await run('groupdel', [checkAccountName(name)], signal);
      if (ran.code !== 0 && ran.code !== 6) throw explain('groupdel', ran);
    },
    taken: async (signal) => (await names.groups(signal)).map(({ gid }) => gid),
  };
}

const RIGHTS = 'Only root can make users and groups; the README says how to run the agent for that.';

function explain(program: string, { code, stderr }: { readonly code: number; readonly stderr: string }): Error {
  const text = firstLine(stderr) || `it ended with ${code}`;
  // 4: the id was taken a moment ago. 8: a user who is logged in. 10: the file is locked.
  if (code === 4 || code === 8 || code === 10 || /cannot lock/.test(text)) return busy(program, text);
  return toolFailed(program, text, /Permission denied/.test(text) ? RIGHTS : undefined);
}
