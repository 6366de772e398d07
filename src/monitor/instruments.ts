import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { METRIC_PREFIX, METRICS, type MetricSpec } from './metrics-table.ts';

type Name = keyof typeof METRICS;
type LabelOf<N extends Name> = (typeof METRICS)[N]['labels'][number];
type InstrumentOf<N extends Name> = (typeof METRICS)[N]['type'] extends 'gauge'
  ? Gauge<LabelOf<N>>
  : (typeof METRICS)[N]['type'] extends 'counter'
    ? Counter<LabelOf<N>>
    : Histogram<LabelOf<N>>;
export type Instruments = { readonly [N in Name]: InstrumentOf<N> };
export type Instrument = Gauge | Counter | Histogram;

/** Every metric of the table, registered. */
export function createInstruments(registry: Registry): Instruments {
  const entries = Object.entries<MetricSpec>(METRICS).map(([name, spec]) => [
    name,
    createInstrument(name, spec, registry),
  ]);
  return Object.fromEntries(entries) as Instruments;
}

function createInstrument(name: string, spec: MetricSpec, registry: Registry): Instrument {
  const common = {
    name: METRIC_PREFIX + name,
    help: spec.help,
    labelNames: spec.labels,
    registers: [registry],
  };
  switch (spec.type) {
    case 'gauge':
      return new Gauge(common);
    case 'counter':
      return new Counter(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(spec.buckets ?? [])] });
  }
}
