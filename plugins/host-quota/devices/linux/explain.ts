import { quotaOff, toolFailed } from '../../errors.ts';
import { firstLine } from '../../tools/first-line.ts';
import type { Ran } from '../../tools/run.ts';

const REMOUNT = 'Mount it with usrquota, grpquota or prjquota (XFS: in /etc/fstab, with a new mount), then try again.';
const FORMAT =
  'This kernel has no quota formats: load quota_v2, or install a kernel with CONFIG_QFMT_V2 or CONFIG_XFS_QUOTA.';
export const RIGHTS = 'The agent must be root and have CAP_SYS_ADMIN on the host; see the drop-in in the README.';

/** Why quota-tools refused: what only the operator of the host can repair. Undefined when it is the values themselves. */
export function explainFailure(program: string, mount: string, { stderr, code }: Ran): Error | undefined {
  const text = stderr.trim() === '' ? `it ended with ${code}` : stderr;
  if (/not found or has no quota enabled/.test(text)) return quotaOff(mount, REMOUNT);
  if (/No such process|format not supported in kernel/.test(text)) return toolFailed(program, firstLine(text), FORMAT);
  if (/Operation not permitted|Permission denied/.test(text)) return toolFailed(program, firstLine(text), RIGHTS);
  if (/Numerical result out of range|does not exist|Bad .*limit/.test(text)) return undefined;
  return toolFailed(program, firstLine(text));
}
