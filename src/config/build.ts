import { validateDetailed } from 'node-cron';
import type { LogLevel } from '../lib/log.ts';
import type { Plugin } from '../plugin/contract.ts';
import { buildOffering, checkSoundParts } from './build-offering.ts';
import { buildWeb } from './build-web.ts';
import { type Claimed, checkClaims } from './check-claims.ts';
import { type Problem, pointer, quote } from './diagnostic.ts';
import type { RawConfig, RawOffering } from './raw.ts';
import type { SubstituteDeps } from './substitute.ts';
import type { Config, OfferingConfig } from './types.ts';

export interface BuildInput {
  readonly raw: RawConfig;
  readonly plugins: readonly Plugin[];
  readonly readFile: SubstituteDeps['readFile'];
  /** Whether the value at a pointer, or anything in it, is already known to be wrong. */
  readonly broken: (path: string) => boolean;
  /** The file that the value at a pointer was read from. */
  readonly secretFile: (path: string) => string | undefined;
}

export interface Built {
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
}

/** The second pass, over the parts of the file that satisfy the schema. */
export function build(input: BuildInput): Built {
  const { raw, broken } = input;
  const problems: Problem[] = [];
  const offerings: OfferingConfig[] = [];
  const claims: Claimed[] = broken('/listen')
    ? []
    : [{ owner: 'the agent', path: '', setting: 'listen', kind: 'listen-address', value: raw.listen }];
  for (const [index, offering] of listOf(raw.offerings).entries()) {
    const path = pointer('/offerings', index);
    const plugin = input.plugins.find(({ id }) => id === offering?.backend_type);
    if (plugin === undefined) continue;
    if (broken(path)) {
      problems.push(...checkSoundParts({ raw: offering, path, plugin }, broken));
      continue;
    }
    const built = buildOffering({ ...input, raw: offering, path, agent: raw, plugin });
    problems.push(...built.problems);
    if (built.offering === undefined) continue;
    offerings.push(built.offering);
    claims.push(...claimsOf(built.offering, path));
  }
  problems.push(
    ...checkClaims(claims),
    ...checkUnique(raw.offerings, 'name'),
    ...checkUnique(raw.offerings, 'waldur_offering_uuid'),
  );
  if (!broken('/timezone')) problems.push(...checkTimezone(raw.timezone));
  if (!broken('/report_schedule')) problems.push(...checkSchedule(raw.report_schedule));
  const { web, problems: webProblems } = buildWeb(broken('/web') ? undefined : raw.web, raw, input.readFile);
  problems.push(...webProblems);
  const http = broken('/listen') ? undefined : readListen(raw.listen);
  if (http === undefined || broken('')) return { config: undefined, problems };
  const config: Config = {
    timezone: raw.timezone,
    state: raw.state,
    journalDays: raw.journal_days,
    logLevel: readLevel(raw.log_level),
    logFormat: raw.log_format,
    http,
    web,
    concurrency: raw.concurrency,
    orderDeadlineMs: readDuration(raw.order_deadline),
    drainMs: readDuration(raw.drain_timeout),
    reconcile: {
      intervalMs: readDuration(raw.reconcile_interval),
      pollIntervalMs: readDuration(raw.poll_interval),
    },
    upkeepIntervalMs: readDuration(raw.upkeep_interval),
    report: { schedule: raw.report_schedule, periods: raw.reporting_periods, perUser: raw.report_users },
    sampleIntervalMs: readDuration(raw.sample_interval),
    shipLogs: raw.log_shipping?.enabled === true,
    offerings,
  };
  return { config, problems };
}

function claimsOf({ name, plugin, settings }: OfferingConfig, path: string): readonly Claimed[] {
  const at = { owner: `the offering ${quote(name)}`, path: pointer(path, 'backend_settings') };
  return (plugin.claims?.(settings) ?? []).map((claim) => ({ ...at, ...claim }));
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `30s`, `5m`, `1h`, `1d`; the schema has checked the form. */
export function readDuration(text: string): number {
  return Number.parseInt(text, 10) * (UNITS[text.slice(-1)] ?? Number.NaN);
}

/** As the reference agent writes them: `WARNING`, `CRITICAL`. */
function readLevel(text: string): LogLevel {
  const level = text.toLowerCase();
  if (level === 'warning') return 'warn';
  return level === 'critical' ? 'fatal' : (level as LogLevel);
}

function readListen(text: string): Config['http'] {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

function checkTimezone(timezone: string): readonly Problem[] {
  try {
    // Names only: an offset has no daylight saving time.
    if (/^[A-Za-z]/.test(timezone)) {
      new Intl.DateTimeFormat('en', { timeZone: timezone });
      return [];
    }
  } catch {
    // The same answer for an unknown name.
  }
  const message = '"timezone" must be the name of a time zone such as UTC or Europe/Tallinn';
  return [{ severity: 'error', path: '/timezone', message }];
}

function checkSchedule(schedule: string): readonly Problem[] {
  const { valid, errors } = validateDetailed(schedule);
  if (valid) return [];
  const [first] = errors;
  const where = first === undefined || first.field === 'expression' ? '' : ` in its ${first.field} field`;
  const message = `"report_schedule" is not a cron expression: there is an error${where}`;
  return [{ severity: 'error', path: '/report_schedule', message, hint: '0 * * * * is every full hour' }];
}

function checkUnique(offerings: RawConfig['offerings'], key: 'name' | 'waldur_offering_uuid'): readonly Problem[] {
  const first = new Map<string, number>();
  return listOf(offerings).flatMap((offering, index) => {
    const value: unknown = (offering as RawOffering | null)?.[key];
    if (typeof value !== 'string' || value === '') return [];
    const normal = key === 'name' ? value : value.replaceAll('-', '').toLowerCase();
    const other = first.get(normal);
    first.set(normal, other ?? index);
    if (other === undefined) return [];
    const path = pointer(pointer('/offerings', index), key);
    return [{ severity: 'error', path, message: `"${key}" is already used by offerings[${other}]` }];
  });
}

/** The data of an invalid file may hold anything. */
function listOf<Item>(value: readonly Item[]): readonly Item[] {
  return Array.isArray(value) ? value : [];
}
