import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Node's flags in the systemd unit, below `root` of a build: what is measured is what is shipped. */
export function unitFlags(root = '.'): readonly string[] {
  const unit = readFileSync(join(root, 'systemd/waldur-storage-agent.service'), 'utf8');
  const [, flags] = /^ExecStart=\/usr\/bin\/node((?: --\S+)*) /m.exec(unit) ?? [];
  if (flags === undefined) throw new Error('the unit does not start node');
  return flags.split(' ').filter(Boolean);
}
