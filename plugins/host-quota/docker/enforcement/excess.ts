import { isJsonObject, type JsonObject } from '../../../../src/lib/json.ts';
import type { DocumentChange, Documents } from '../../../../src/plugin/contract.ts';
import { documentsIn } from '../known-store.ts';
import type { Step } from './plan.ts';

/** A user who is above the limit, from the first pass that saw it to the first that does not. */
export interface Excess {
  /** Epoch seconds. */
  readonly since: number;
  /** Since when the user knows that containers will be removed; undefined while nothing says so. */
  readonly toldAt?: number;
  /** Whether it was told that removing containers would not help. */
  readonly isUnresolvable?: boolean;
  /** Containers that were stopped or removed for it. */
  readonly done: readonly string[];
}

/** A step that was begun: what is left of it when the process dies. */
export interface Begun {
  readonly uid: number;
  readonly step: Step;
  /** Epoch seconds; also that of its event. */
  readonly at: number;
}

const EXCESS = 'docker/excess/';
const BEGUN = 'docker/step/';
/** Containers that an excess remembers, the newest of them. */
const MOST_DONE = 100;

export async function readExcesses(store: Documents): Promise<ReadonlyMap<number, Excess>> {
  const found = new Map<number, Excess>();
  for (const { key, value } of await documentsIn(store, EXCESS)) {
    found.set(Number(key.slice(EXCESS.length)), value as unknown as Excess);
  }
  return found;
}

export function excessPut(uid: number, excess: Excess): DocumentChange {
  const value = { ...excess, done: excess.done.slice(-MOST_DONE) };
  return { kind: 'put', key: EXCESS + uid, value: value as unknown as JsonObject };
}

export function excessDelete(uid: number): DocumentChange {
  return { kind: 'delete', key: EXCESS + uid };
}

export async function readBegun(store: Documents): Promise<readonly Begun[]> {
  const all: Begun[] = [];
  for (const { value } of await documentsIn(store, BEGUN)) {
    const { uid, at, step } = value;
    if (!isJsonObject(step) || typeof uid !== 'number' || typeof at !== 'number') continue;
    const { bytes } = step;
    if (typeof bytes !== 'string') continue;
    all.push({ uid, at, step: { ...(step as unknown as Step), bytes: BigInt(bytes) } });
  }
  return all;
}

export function begunPut({ uid, step, at }: Begun): DocumentChange {
  const value = { uid, at, step: { ...step, bytes: String(step.bytes) } };
  return { kind: 'put', key: BEGUN + step.id, value };
}

export function begunDelete(container: string): DocumentChange {
  return { kind: 'delete', key: BEGUN + container };
}
