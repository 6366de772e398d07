import { userInfo } from 'node:os';

/** Who gives a command: the user of the system, and the one behind `sudo`. */
export function osUser(env: Readonly<Record<string, string | undefined>>): string {
  const user = nameOfProcess();
  const behind = env['SUDO_USER'];
  return behind === undefined || behind === '' || behind === user ? user : `${behind} as ${user}`;
}

function nameOfProcess(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number without a name.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
