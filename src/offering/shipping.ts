import type { LogLevel } from '../lib/log.ts';
import { createLogShipper } from '../monitor/log-shipping.ts';
import type { OfferingContext } from './context.ts';
import type { Identity } from './identity.ts';

/** Warnings and errors of an offering on their way to its Waldur. */
export interface Shipping {
  /** Takes any line of the agent's log. */
  collect(line: string, level: LogLevel): void;
  run(signal: AbortSignal): Promise<void>;
}

const INTERVAL_MS = 30_000;
const CAPACITY = 1000;

/** Ships only the offering's own lines: another offering may belong to another organisation. */
export function createShipping(context: OfferingContext, identity: Pick<Identity, 'uuid'>): Shipping {
  const { waldur, config } = context;
  const mark = `"offering":${JSON.stringify(context.offering.name)}`;
  const shipper = createLogShipper({
    clock: context.clock,
    intervalMs: INTERVAL_MS,
    capacity: CAPACITY,
    ship: async (entries, limit) => {
      const uuid = await identity.uuid(limit);
      return uuid !== undefined && waldur.agents.shipLogs(uuid, entries, limit);
    },
  });
  return {
    collect: (line, level) => {
      if (config.shipLogs && line.includes(mark)) shipper.collect(line, level);
    },
    run: async (signal) => {
      if (config.shipLogs) await shipper.run(signal);
    },
  };
}
