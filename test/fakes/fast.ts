import type { Config } from '../../src/config/types.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';

/** The system clock with its waits cut short. The date stays what it is: usage is billed by it. */
export function fastClock(speed: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs() * speed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
    after: (ms, fire) => systemClock.after(ms / speed, fire),
  };
}

/** The broker keeps real time, so what we allow it must not shrink with the rest. */
export function patientWithBroker(config: Config, speed: number): Config {
  const offerings = config.offerings.map(({ stomp, ...offering }) => {
    const { heartbeatMs, connectTimeoutMs } = stomp;
    return {
      ...offering,
      stomp: { ...stomp, heartbeatMs: heartbeatMs * speed, connectTimeoutMs: connectTimeoutMs * speed },
    };
  });
  return { ...config, offerings };
}
