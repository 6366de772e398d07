import type { Uuid } from '../lib/ids.ts';
import type { KeyRef } from '../orders/rotate-key.ts';
import { createImporting } from './imports.ts';
import { createKeyRotation } from './key-rotation.ts';
import { createUpkeeping, type UpkeepingDeps } from './upkeep.ts';

/** What an offering needs beside its orders. */
export interface Maintenance {
  /** Brings one resource in step; `ack` runs when that was tried. */
  maintain(resource: Uuid, ack: () => void): void;
  rotate(key: KeyRef, ack: () => void): void;
  answerImports(): void;
  lookAtAll(): void;
  /** Runs until the signal fires. */
  run(signal: AbortSignal): Promise<unknown>;
}

/** All of it works in the lanes of the orders, or only reads. */
export function createMaintenance(deps: UpkeepingDeps, signal: AbortSignal): Maintenance {
  const upkeeping = createUpkeeping(deps, signal);
  const rotation = createKeyRotation(deps, signal);
  const importing = createImporting(deps, signal);
  const pulses = [upkeeping.pulse, rotation.pulse, importing];
  return {
    maintain: upkeeping.maintain,
    rotate: rotation.rotate,
    answerImports: () => importing.kick(),
    lookAtAll: () => {
      for (const pulse of pulses) pulse.kick();
    },
    run: (limit) => Promise.all(pulses.map((pulse) => pulse.run(limit))),
  };
}
