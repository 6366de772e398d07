import { isJsonObject, type JsonObject } from '../lib/json.ts';

/** The record of a JSON log line; undefined for what is none, such as a line that another program wrote. */
export function readLogLine(line: string): JsonObject | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return isJsonObject(record) ? record : undefined;
  } catch {
    return undefined;
  }
}
