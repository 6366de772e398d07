import { usageError } from './usage-error.ts';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The moment that `--since` means: a time, a day in UTC, or how long ago. @throws AgentError for anything else */
export function askedSince(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = /^([1-9][0-9]{0,4})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0));
  const time = new Date(/^\d{4}-\d{2}-\d{2}(T[\d:.]{4,12}(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? text : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw usageError(
    `--since ${JSON.stringify(text.slice(0, 40))} is not a time`,
    'write it as 2026-08-25, 2026-08-25T10:00:00Z, 30m, 12h or 7d',
  );
}
