import type { OrderQueue } from '../orders/queue.ts';
import type { OfferingContext } from './context.ts';
import { createImports } from './imports.ts';
import { createKeyRotation, type KeyRotation } from './key-rotation.ts';
import { createResourceUpkeep, type ResourceUpkeep } from './resource-upkeep.ts';

/** What an offering needs beside its orders: resources in step, rotated keys, answered import requests. */
export interface Upkeep {
  readonly repair: ResourceUpkeep['repair'];
  readonly rotate: KeyRotation['rotate'];
  answerImports(): void;
  /** Looks at everything now. */
  wake(): void;
  /** Runs until the signal fires. */
  run(signal: AbortSignal): Promise<unknown>;
}

/** All of it works in the lanes of the orders, or only reads. */
export function createUpkeepPart(context: OfferingContext, queue: OrderQueue, signal: AbortSignal): Upkeep {
  const resources = createResourceUpkeep(context, queue, signal);
  const keys = createKeyRotation(context, queue, signal);
  const imports = createImports(context, signal);
  const loops = [resources.loop, keys.loop, imports];
  return {
    repair: resources.repair,
    rotate: keys.rotate,
    answerImports: imports.wake,
    wake: () => {
      for (const loop of loops) loop.wake();
    },
    run: (limit) => Promise.all(loops.map((loop) => loop.run(limit))),
  };
}
