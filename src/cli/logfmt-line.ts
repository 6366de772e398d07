import { isJsonObject, type Json } from '../lib/json.ts';
import { readLogLine } from './read-log-line.ts';

/** A JSON log line as logfmt: `time=… level=info msg="order done" offering=s3 err.code=…`, nested fields with dots. */
export function logfmtLine(line: string): string {
  const record = readLogLine(line);
  if (record === undefined) return line;
  const { time, level, msg, ...fields } = record;
  return `${pairs({ time, level, msg, ...fields }, '').join(' ')}\n`;
}

function pairs(record: Readonly<Record<string, Json | undefined>>, prefix: string): readonly string[] {
  return Object.entries(record).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const name = prefix + key.replaceAll(/[^\w.-]/g, '_');
    return isJsonObject(value) ? pairs(value, `${name}.`) : [`${name}=${show(value)}`];
  });
}

/** Quoted as JSON where a reader would stop at a space, a quote or an equals sign. */
function show(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
