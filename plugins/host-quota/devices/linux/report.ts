import type { Grace } from '../types.ts';

/** What only the default format of `repquota -v` says. */
export interface Report extends Grace {
  /** The line that XFS adds; undefined on ext4, which says nothing. */
  readonly enforced: boolean | undefined;
}

/** Lines it does not know say nothing: the rows of this format are not read. */
export function parseReport(text: string): Report {
  const grace = /^Block grace time: (\S+); Inode grace time: (\S+)$/m.exec(text);
  const status = /^Accounting: (?:ON|OFF); Enforcement: (ON|OFF)$/m.exec(text);
  return {
    blockSeconds: readPeriod(grace?.[1]),
    inodeSeconds: readPeriod(grace?.[2]),
    enforced: status === null ? undefined : status[1] === 'ON',
  };
}

/** `7days`, `23:59` (hours and minutes) or `90` followed by a unit. Seconds; undefined for anything else. */
export function readPeriod(text = ''): number | undefined {
  const [, hours, minutes] = /^(\d{1,6}):(\d{2})$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) return Number(hours) * 3600 + Number(minutes) * 60;
  const [, count, unit] = /^(\d{1,9})(days|hours|minutes|seconds)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit ?? ''] ?? 1);
}

const UNITS: Readonly<Record<string, number>> = { days: 86_400, hours: 3600, minutes: 60, seconds: 1 };
