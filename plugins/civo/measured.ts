import { setBounded } from '../../src/lib/set-bounded.ts';

/** What a store held when it was last measured, for the texts that consumers see. */
export interface Measured {
  keep(id: string, held: Held): void;
  recall(id: string): Held | undefined;
}

export interface Held {
  readonly bytes: bigint;
  readonly objects: bigint;
}

const MOST = 20_000;

export function createMeasured(): Measured {
  const kept = new Map<string, Held>();
  return {
    keep: (id, held) => void setBounded(kept, id, held, MOST),
    recall: (id) => kept.get(id),
  };
}
