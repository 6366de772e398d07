import type { Json, JsonObject } from '../lib/json.ts';

/** In a text of `Found.metadata`: where the UUID of Waldur's API key shall stand, which a plugin never sees. */
const PLACE = '{api_key_uuid}';

/** Whether a fact tells the API key. */
export function isKeyNamed(facts: JsonObject): boolean {
  return Object.values(facts).some(isNaming);
}

/** The facts with the UUID in its places; a fact that tells a key of unknown UUID is null. */
export function nameKey(facts: JsonObject, uuid: string | undefined): JsonObject {
  const named = Object.entries(facts).map(([name, value]) => {
    if (!isNaming(value)) return [name, value];
    return [name, uuid === undefined ? null : value.replaceAll(PLACE, uuid)];
  });
  return Object.fromEntries(named) as JsonObject;
}

function isNaming(value: Json | undefined): value is string {
  return typeof value === 'string' && value.includes(PLACE);
}
