import type { Language, Units } from './language.ts';

/** Numbers, amounts and times in the words of a language. */
export interface Format {
  number(value: number | bigint): string;
  /** With its unit: `1.5 GiB` or `1.61 GB`. */
  bytes(value: bigint | number | string): string;
  /** All that there is to know: `1.5 GiB, 1.61 GB, 1,610,612,736 bytes`. */
  bytesInFull(value: bigint | number | string): string;
  /** `2 minutes ago` or `in 5 days`. */
  ago(at: Date, now: Date): string;
  moment(at: Date): string;
  day(at: Date): string;
  time(at: Date): string;
  /** Milliseconds as `340 ms`, `2.1 s` or `3 min`. */
  duration(ms: number): string;
}

const BINARY = { base: 1024, names: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] } as const;
const DECIMAL = { base: 1000, names: ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] } as const;
const STEPS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

export function createFormat(language: Language, units: Units): Format {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const scaled = (value: number, { base, names }: typeof BINARY | typeof DECIMAL): string => {
    let index = 0;
    let rest = Math.abs(value);
    // What would have four digits before the point is shown in the next unit.
    while (rest >= 999.5 && index < names.length - 1) {
      rest /= base;
      index++;
    }
    return `${value < 0 ? '−' : ''}${fine.format(rest)} ${names[index] ?? ''}`;
  };
  return {
    number: (value) => whole.format(value),
    bytes: (value) => scaled(Number(value), units === 'binary' ? BINARY : DECIMAL),
    bytesInFull: (value) =>
      `${scaled(Number(value), BINARY)}, ${scaled(Number(value), DECIMAL)}, ${whole.format(BigInt(value))} B`,
    ago: (at, now) => {
      const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
      const [unit, size] = STEPS.find(([, one]) => Math.abs(seconds) >= one) ?? (['second', 1] as const);
      return relative.format(Math.trunc(seconds / size), unit);
    },
    moment: (at) => moment.format(at),
    day: (at) => day.format(at),
    time: (at) => time.format(at),
    duration: (ms) => {
      if (ms < 1000) return `${whole.format(ms)} ms`;
      return ms < 120_000 ? `${fine.format(ms / 1000)} s` : `${whole.format(ms / 60_000)} min`;
    },
  };
}
