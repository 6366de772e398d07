import { isJsonObject, type Json } from '../lib/json.ts';
import { readLogLine } from './read-log-line.ts';
import { printable, type Style } from './style.ts';

/** A JSON log line for a person: time, level, sentence, then what it is about. */
export function prettyLine(line: string, style: Style): string {
  const record = readLogLine(line);
  if (record === undefined) return line;
  const { time, level, msg, err, ...fields } = record;
  const colors = {
    warn: style.yellow,
    error: style.red,
    fatal: style.red,
    debug: style.dim,
    trace: style.dim,
  } as const;
  const paint = colors[show(level) as keyof typeof colors] ?? style.green;
  const about = Object.entries(fields).map(([key, value]) => style.dim(`${key}=${show(value)}`));
  const failure = isJsonObject(err) ? `\n         ${style.red(show(err['message']))}` : '';
  const head = `${style.dim(show(time).slice(11, 19))} ${paint(show(level).padEnd(5))} ${show(msg)}`;
  return `${[head, ...about].join(' ')}${failure}\n`;
}

function show(value: Json | undefined): string {
  return printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
