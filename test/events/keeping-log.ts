import type { Log, LogFields } from '../../src/lib/log.ts';

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

/** Keeps what is logged. */
export function keepingLog(lines: Line[]): Log {
  const at =
    (level: Line['level']) =>
    (fields: LogFields, message: string): void => {
      lines.push({ level, fields, message });
    };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}
