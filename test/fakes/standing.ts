import { createStanding, type Standing } from '../../src/offering/standing.ts';
import { manualClock } from './clock.ts';
import { silentLog } from './log.ts';

/** The standing of an offering whose log and metric are not looked at. */
export function quietStanding(): Standing {
  return createStanding({
    offering: 'test',
    clock: manualClock(),
    log: silentLog(),
    metrics: { hindered: () => undefined },
  });
}

/** What it cannot do, as `ability: CODE`. */
export function hinderedIn(standing: Standing): readonly string[] {
  return standing.hindrances().map(({ ability, code }) => `${ability}: ${code}`);
}
