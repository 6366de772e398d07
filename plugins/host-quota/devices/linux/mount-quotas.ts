import type { Mount } from '../../mounts/mountinfo.ts';
import type { Subject } from '../types.ts';

/** Which limits the mount options switch on: quota(5), xfs(5). Options that only count are none. */
export function subjectsOf({ options }: Pick<Mount, 'options'>): readonly Subject[] {
  if (options.includes('noquota')) return [];
  const has = (pattern: RegExp): boolean => options.some((option) => pattern.test(option));
  return (['user', 'group', 'project'] as const).filter((subject) => has(OPTIONS[subject]));
}

/** What to add to the options of a mount so that the limits bind after every boot. */
export const MOUNT_OPTION = { user: 'usrquota', group: 'grpquota', project: 'prjquota' } as const;

const OPTIONS = {
  user: /^(usrquota|uquota|quota|usrjquota=.+)$/,
  group: /^(grpquota|gquota|grpjquota=.+)$/,
  project: /^(prjquota|pquota)$/,
} as const;
