import { toUuid, type Uuid } from '../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { unusable } from './explain.ts';

/**
 * Reads one object of a response. The first group must be there; the rest has a neutral value, because serializers give
 * null or nothing for what crosses a missing relation, and older servers lack keys.
 */
export interface Reader {
  readonly raw: JsonObject;
  /** @throws AgentError `WALDUR_BAD_ANSWER` (transient) naming the key, like the next two. */
  uuid(key: string): Uuid;
  needText(key: string): string;
  oneOf<T extends string>(key: string, allowed: readonly T[]): T;

  uuidOrNone(key: string): Uuid | undefined;
  text(key: string): string;
  object(key: string): JsonObject;
  /** The items that are objects. */
  objects(key: string): readonly JsonObject[];
  flag(key: string): boolean;
}

/** @throws AgentError `WALDUR_BAD_ANSWER` when `value` is not an object. */
export function reader(what: string, value: unknown): Reader {
  if (!isJsonObject(value)) throw unusable(what, 'object');
  const need = <T>(key: string, found: T | undefined): T => {
    if (found === undefined) throw unusable(what, `"${key}"`);
    return found;
  };
  const text = (key: string): string => {
    const found: Json | undefined = value[key];
    return typeof found === 'string' ? found : '';
  };
  return {
    raw: value,
    uuid: (key) => need(key, toUuid(value[key])),
    needText: (key) => need(key, text(key) || undefined),
    oneOf: (key, allowed) =>
      need(
        key,
        allowed.find((item) => item === value[key]),
      ),
    uuidOrNone: (key) => toUuid(value[key]),
    text,
    object: (key) => {
      const found: Json | undefined = value[key];
      return isJsonObject(found) ? found : {};
    },
    objects: (key) => {
      const found: Json | undefined = value[key];
      return Array.isArray(found) ? found.filter(isJsonObject) : [];
    },
    flag: (key) => value[key] === true,
  };
}
