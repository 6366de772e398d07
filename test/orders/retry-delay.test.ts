import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { retryDelay } from '../../src/orders/retry-delay.ts';

test.each<[AgentError['disposition'], number, number | undefined, number | undefined]>([
  ['transient', 0, undefined, 1000],
  ['transient', 1, undefined, 2000],
  ['transient', 2, undefined, 4000],
  ['transient', 3, undefined, undefined],
  ['transient', 0, 120_000, 120_000],
  ['transient', 0, 120_001, undefined],
  ['terminal', 0, undefined, undefined],
  ['operator', 0, undefined, undefined],
  ['bug', 0, undefined, undefined],
])(
  'after a failure that is %s, in attempt %i, with %s ms asked for: %s',
  (disposition, attempt, retryAfterMs, delay) => {
    const error = new AgentError('no', { code: 'FAKE', disposition, retryAfterMs });
    // In the middle of the jitter.
    const again = retryDelay(error, attempt, () => 0.5);
    expect(again?.againAfterMs).toBe(delay);
  },
);
