import type { Config } from '../config/types.ts';
import { type Period, periodOf } from '../usage/period.ts';
import type { Io } from './io.ts';
import type { Invocation } from './parse.ts';
import { usageError } from './usage-error.ts';

/** The month of `--period`; undefined without it. @throws AgentError for what is not a month that has begun */
export function askedPeriod(invocation: Invocation, config: Pick<Config, 'timezone'>, io: Io): Period | undefined {
  const text = invocation.values.get('period');
  if (text === undefined) return undefined;
  const period = periodOf(text, io.clock.now(), config.timezone);
  if (period !== undefined) return period;
  throw usageError(
    `--period ${JSON.stringify(text.slice(0, 20))} is not a month that has begun`,
    'write it as YYYY-MM',
  );
}
