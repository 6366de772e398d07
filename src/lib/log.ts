import { type DestinationStream, type Logger, pino } from 'pino';
import type { Clock } from './clock.ts';
import { isAgentError } from './errors.ts';
import type { Secrets } from './secrets.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging: a static sentence and data in fields. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Log;
}

/** The log all others are children of. */
export interface RootLog extends Log {
  /** Of this log and all its children. */
  level: LogLevel | 'silent';
}

export interface LogOptions {
  readonly level: LogLevel | 'silent';
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** Receives finished lines, each ending in a newline, already scrubbed. */
  write(line: string, level: LogLevel): void;
}

/** Every value is searched, not only known paths: secrets hide in messages, URLs and causes. */
export function createLog(options: LogOptions): RootLog {
  const destination: DestinationStream & { lastLevel?: number } = {
    write: (line) => {
      const level = pino.levels.labels[destination.lastLevel ?? 30] as LogLevel;
      options.write(options.secrets.scrub(line), level);
    },
  };
  // pino sets lastLevel on destinations that ask for metadata.
  Object.assign(destination, { [Symbol.for('pino.metadata')]: true });
  const logger = pino(
    {
      level: 'trace',
      base: null,
      timestamp: () => `,"time":"${options.clock.now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: { paths: REDACTED, censor: '***' },
    },
    destination,
  );
  let level = options.level;
  const isOn = (wanted: LogLevel): boolean => RANK[wanted] >= RANK[level];
  return {
    ...gated(logger, isOn),
    get level() {
      return level;
    },
    set level(next) {
      level = next;
    },
  };
}

const RANK = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: 70 } as const;

/** The level is asked for with each line: a child of pino keeps the level it was made with, for as long as it lives. */
function gated(logger: Logger, isOn: (level: LogLevel) => boolean): Log {
  const method =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: LogFields, message: string): void => {
      if (isOn(level)) logger[level](fields, message);
    };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (fields) => gated(logger.child(fields), isOn),
  };
}

const SECRET_KEYS = [
  'token',
  'password',
  'secret',
  'secretKey',
  'secret_key',
  'authorization',
  'passcode',
  'api_key',
  'credentials',
];
const REDACTED = [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`)];

/** A whitelist: foreign errors carry requests, and requests carry tokens. */
function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const known = isAgentError(error) ? { code: error.code, disposition: error.disposition, hint: error.hint } : {};
  const expected = isAgentError(error) && error.disposition !== 'bug';
  return {
    type: error.name,
    ...known,
    message: error.message,
    ...(expected ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth > 3 ? {} : { cause: serializeError(error.cause, depth + 1) }),
  };
}
