const formats = new Map<string, Intl.DateTimeFormat>();

/** First day (`YYYY-MM-01`) of the month `time` falls into, in the server's zone. */
export function billingPeriod(time: Date, timeZone: string): string {
  if (timeZone === 'UTC') return `${time.toISOString().slice(0, 7)}-01`;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit' });
    formats.set(timeZone, format);
  }
  const parts = format.formatToParts(time);
  const part = (type: string): string => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-01`;
}

/** Whether two billing months fall into the same limit period of a component. */
export function samePeriod(limitPeriod: string | null, a: string, b: string): boolean {
  if (limitPeriod === 'total') return true;
  if (a.slice(0, 4) !== b.slice(0, 4)) return false;
  if (limitPeriod === 'annual') return true;
  if (limitPeriod === 'quarterly') return quarter(a) === quarter(b);
  return a === b;
}

function quarter(period: string): number {
  return Math.floor((Number(period.slice(5, 7)) - 1) / 3);
}
