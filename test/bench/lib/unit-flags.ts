import { readFileSync } from 'node:fs';

/** From where npm starts programs and tests. */
const UNIT = 'systemd/waldur-storage-agent.service';

/** Node's flags in the systemd unit: what is measured is what is shipped. */
export function unitFlags(): readonly string[] {
  const unit = readFileSync(UNIT, 'utf8');
  const [, flags] = /^ExecStart=\/usr\/bin\/node((?: --\S+)*) /m.exec(unit) ?? [];
  if (flags === undefined) throw new Error('the unit does not start node');
  return flags.split(' ').filter(Boolean);
}
