import type { Uuid } from '../lib/ids.ts';
import { isJsonObject, type Json } from '../lib/json.ts';
import type { DocumentChange, Documents, Metering, Window } from '../plugin/contract.ts';
import type { Point, Samples, Series } from '../store/store.ts';
import { type Accrued, accrue, type Span } from './accrue.ts';

/** By backend component, in base units (times seconds with `gb_days`). */
export type Quantities = Readonly<Record<string, bigint>>;

export interface SampledUsageDeps {
  readonly offering: Uuid;
  readonly metering: Metering;
  readonly samples: Samples;
  /** What months came to that are over, by month and account. */
  readonly closed: Documents;
  /** How long a sample holds when none follows it. */
  readonly holdMs: number;
}

/** Usage of a month made from samples. */
export interface SampledUsage {
  /**
   * By account; one that was not sampled is missing. What a whole month came to is kept once nothing that comes later can
   * change it, and is the same from then on.
   *
   * @param isWhole the window covers the month to its end
   */
  of(accounts: readonly string[], window: Window, isWhole: boolean): Promise<ReadonlyMap<string, Quantities>>;
}

interface Measured {
  /** Undefined when nothing was sampled. */
  readonly quantities: Quantities | undefined;
  readonly isSettled: boolean;
}

const DAY_MS = 86_400_000;
/** The longest gap that is counted: an agent that was away for a month missed its months. */
const LONGEST_GAP_MS = 32 * DAY_MS;

export function createSampledUsage(deps: SampledUsageDeps): SampledUsage {
  const { offering, samples, closed, holdMs } = deps;
  const holdS = Math.floor(holdMs / 1000);

  return {
    of: async (accounts, window, isWhole) => {
      const found = new Map<string, Quantities>();
      const settled: DocumentChange[] = [];
      for (const account of accounts) {
        const key = `${window.from.toISOString()}/${deps.metering}/${encodeURIComponent(account)}`;
        const kept = isWhole ? readQuantities(await closed.get(key)) : undefined;
        const measured = kept === undefined ? await measure(account, window) : { quantities: kept, isSettled: false };
        if (measured.quantities === undefined) continue;
        found.set(account, measured.quantities);
        if (isWhole && measured.isSettled) {
          settled.push({ kind: 'put', key, value: writeQuantities(measured.quantities) });
        }
      }
      if (settled.length > 0) await closed.batch(settled);
      return found;
    },
  };

  async function measure(account: string, { from, to }: Window): Promise<Measured> {
    const series = await readAround(account, from, to);
    const span = { from: Math.floor(from.getTime() / 1000), to: Math.floor(to.getTime() / 1000) };
    return { quantities: total(series, span, holdS, deps.metering), isSettled: isSettled(series, span.to, holdS) };
  }

  /** The samples of the window, and those before and after it that decide what its edges count. */
  async function readAround(account: string, from: Date, to: Date): Promise<readonly Series[]> {
    const read = (start: number, end: number): Promise<readonly Series[]> =>
      samples.read(offering, account, { from: new Date(start), to: new Date(end) });
    const [begin, end] = [from.getTime(), to.getTime()];
    const near = await read(begin - holdMs, end);
    if (near.length === 0) return near;
    const hasStart = near.every(({ points }) => (points[0]?.at ?? 0) * 1000 <= begin);
    const hasEnd = near.every(({ points }) => (points.at(-1)?.at ?? 0) * 1000 + holdMs >= end);
    const before = hasStart ? [] : await read(begin - LONGEST_GAP_MS, begin - holdMs);
    const after = hasEnd ? [] : await read(end, end + LONGEST_GAP_MS);
    return near.map(({ component, points }) => ({
      component,
      points: [...lastOf(before, component), ...points, ...firstOf(after, component)],
    }));
  }
}

function lastOf(all: readonly Series[], component: string): readonly Point[] {
  return all.find((series) => series.component === component)?.points.slice(-1) ?? [];
}

function firstOf(all: readonly Series[], component: string): readonly Point[] {
  return all.find((series) => series.component === component)?.points.slice(0, 1) ?? [];
}

function total(series: readonly Series[], span: Span, holdS: number, metering: Metering): Quantities | undefined {
  const entries = series.flatMap(({ component, points }): [string, bigint][] => {
    const accrued = accrue(points, span, holdS);
    return accrued === undefined ? [] : [[component, pick(accrued, metering)]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function pick(accrued: Accrued, metering: Metering): bigint {
  return metering === 'peak' ? accrued.peak : accrued.integral;
}

/** Every component is known up to the end: no later sample can add to it. */
function isSettled(series: readonly Series[], end: number, holdS: number): boolean {
  return series.every(({ points }) => (points.at(-1)?.at ?? 0) + holdS >= end);
}

function writeQuantities(quantities: Quantities): Json {
  return Object.fromEntries(Object.entries(quantities).map(([component, quantity]) => [component, String(quantity)]));
}

function readQuantities(value: Json | undefined): Quantities | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([component, quantity]) =>
      typeof quantity === 'string' ? [[component, BigInt(quantity)]] : [],
    ),
  );
}
