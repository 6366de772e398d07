import type { Metering, Window } from '../plugin/contract.ts';

/** A billing month. */
export interface Period {
  /** First day, the name Waldur gives it: `2026-08-01`. */
  readonly billingPeriod: string;
  readonly window: Window;
  /** Where the month ends; later than `window.to` while it is running. */
  readonly end: Date;
  readonly isCurrent: boolean;
}

/**
 * The months to report, oldest first: the current one of `timezone` and `count - 1` before it. A past month can only be
 * told by a backend that keeps a history; what is there now says nothing about what was there then.
 */
export function duePeriods(now: Date, timezone: string, count: number, metering: Metering): readonly Period[] {
  const { year, month } = localMonth(now, timezone);
  const months = hasHistory(metering) ? count : 1;
  return Array.from({ length: months }, (_, i) => months - 1 - i).map((back) => {
    const from = startOfMonth(year, month - back, timezone);
    const end = startOfMonth(year, month - back + 1, timezone);
    const isCurrent = back === 0;
    return { billingPeriod: dayOne(year, month - back), window: { from, to: isCurrent ? now : end }, end, isCurrent };
  });
}

/** Whether a month that is over can still be measured. */
export function hasHistory(metering: Metering): boolean {
  return metering !== 'current';
}

/** The one month `YYYY-MM`, for `report --period`; undefined when it is not one or lies in the future. */
export function periodOf(text: string, now: Date, timezone: string): Period | undefined {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (match === null) return undefined;
  const [year, month] = [Number(match[1]), Number(match[2])];
  const current = localMonth(now, timezone);
  if (year > current.year || (year === current.year && month > current.month)) return undefined;
  const isCurrent = year === current.year && month === current.month;
  const end = startOfMonth(year, month + 1, timezone);
  const window = { from: startOfMonth(year, month, timezone), to: isCurrent ? now : end };
  return { billingPeriod: dayOne(year, month), window, end, isCurrent };
}

/**
 * The `date` of a report. For the current month the instant itself; for a past one the middle of the month, which no time
 * zone can move into another one.
 */
export function reportDate(period: Period, measuredAt: Date): string {
  if (period.isCurrent) return measuredAt.toISOString();
  return `${period.billingPeriod.slice(0, 7)}-15T12:00:00.000Z`;
}

const EDGE_MS = 5 * 60_000;
const LAST_MINUTES_MS = 15 * 60_000;

/** The last minutes of the month, in which it is measured to its end: the samples of now hold until then. */
export function isClosing(period: Period, now: Date): boolean {
  return period.isCurrent && period.end.getTime() - now.getTime() <= LAST_MINUTES_MS;
}

/**
 * When the last report of a month is due: `leadMs` before it ends, since Waldur takes no usage for months that are over.
 * That of the next month once it has passed.
 */
export function nextClosing(now: Date, timezone: string, leadMs: number): Date {
  const { year, month } = localMonth(now, timezone);
  const slot = (next: number): Date => new Date(startOfMonth(year, month + next, timezone).getTime() - leadMs);
  return slot(1) > now ? slot(1) : slot(2);
}

/** Too close to the turn of the month to send a report without a date: the server files it when it arrives. */
export function isAtMonthEdge(now: Date, timezone: string): boolean {
  const month = (at: number): string => JSON.stringify(localMonth(new Date(at), timezone));
  return month(now.getTime() - EDGE_MS) !== month(now.getTime() + EDGE_MS);
}

function dayOne(year: number, month: number): string {
  return new Date(Date.UTC(year, month - 1, 1)).toISOString().slice(0, 10);
}

/** `month` counts from 1 and may leave 1…12. */
function localMonth(at: Date, timezone: string): { readonly year: number; readonly month: number } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
  }).formatToParts(at);
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: value('year'), month: value('month') };
}

/** The instant at which the month begins on the walls of `timezone`. */
function startOfMonth(year: number, month: number, timezone: string): Date {
  const utc = Date.UTC(year, month - 1, 1);
  // The offset may itself change between the guess and the answer, so it is asked twice.
  const first = utc - offsetMs(utc, timezone);
  const second = utc - offsetMs(first, timezone);
  // Where the clocks jump over midnight no offset fits, and the month begins at the later instant.
  return new Date(offsetMs(second, timezone) === offsetMs(first, timezone) ? second : Math.max(first, second));
}

function offsetMs(at: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(at));
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  );
  return wall - Math.floor(at / 1000) * 1000;
}
