import { toolFailed } from '../errors.ts';
import { firstLine } from '../tools/first-line.ts';
import type { Run } from '../tools/run.ts';

/** Only root reads and writes attributes of this kind, so that no user can forge one. */
const ATTRIBUTE = 'trusted.waldur.resource';

/** UUID of the resource that owns the directory; undefined without a stamp. */
export async function readDirectoryStamp(run: Run, path: string, signal: AbortSignal): Promise<string | undefined> {
  const ran = await run('getfattr', ['--absolute-names', '--only-values', '-n', ATTRIBUTE, path], signal);
  if (ran.code === 0) return /^[0-9a-f]{32}$/.exec(ran.stdout.trim())?.[0];
  if (/No such attribute/.test(ran.stderr)) return undefined;
  throw toolFailed('getfattr', firstLine(ran.stderr), RIGHTS);
}

export async function writeDirectoryStamp(
  run: Run,
  path: string,
  resource: string,
  signal: AbortSignal,
): Promise<void> {
  const ran = await run('setfattr', ['-n', ATTRIBUTE, '-v', resource, path], signal);
  if (ran.code !== 0) throw toolFailed('setfattr', firstLine(ran.stderr), RIGHTS);
}

const RIGHTS = 'Attributes of this kind need CAP_SYS_ADMIN and a file system that has them.';
