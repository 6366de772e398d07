import { isJsonObject, type JsonObject } from '../../../src/lib/json.ts';
import type { Documents } from '../../../src/plugin/contract.ts';

/** Which user of a host a person is. Only an administrator makes one: it lets that person see the numbers of that user. */
export interface Mapping {
  readonly person: string;
  readonly hostId: string;
  readonly user: string;
}

const PREFIX = 'mapping/';

export async function listMappings(store: Documents, person?: string): Promise<readonly Mapping[]> {
  const prefix = person === undefined ? PREFIX : `${PREFIX}${encodeURIComponent(person)}/`;
  const all: Mapping[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await store.list(prefix, after === undefined ? {} : { after });
    for (const { value } of page) {
      const mapping = isJsonObject(value) ? readMapping(value) : undefined;
      if (mapping !== undefined) all.push(mapping);
    }
    after = page.at(-1)?.key;
    if (page.length < 1000) return all;
  }
}

export async function addMapping(store: Documents, mapping: Mapping): Promise<void> {
  await store.put(keyOf(mapping), { person: mapping.person, host_id: mapping.hostId, host_user_name: mapping.user });
}

export async function removeMapping(store: Documents, mapping: Mapping): Promise<void> {
  await store.delete(keyOf(mapping));
}

export function formatMapping({ person, hostId, user }: Mapping): JsonObject {
  return { oauth_user_name: person, host_id: hostId, host_user_name: user };
}

/** Undefined when a part is missing. */
export function readMapping(value: JsonObject): Mapping | undefined {
  const { host_id: hostId, host_user_name: user } = value;
  const person = value['person'] ?? value['oauth_user_name'];
  if (typeof person !== 'string' || typeof hostId !== 'string' || typeof user !== 'string') return undefined;
  return person === '' || hostId === '' || user === '' ? undefined : { person, hostId, user };
}

function keyOf({ person, hostId, user }: Mapping): string {
  return PREFIX + [person, hostId, user].map(encodeURIComponent).join('/');
}
