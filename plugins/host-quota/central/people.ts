import type { Clock } from '../../../src/lib/clock.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Documents, RoutePerson } from '../../../src/plugin/contract.ts';
import { listAll } from '../list-all.ts';
import { isName } from '../tools/argv.ts';
import { keyPart } from './key-part.ts';

/** A person who logged in here. */
export interface KnownPerson {
  readonly name: string;
  readonly isAdmin: boolean;
  /** The user of the hosts that the login server said this is. */
  readonly hostUser: string | undefined;
  readonly seenAt: string;
}

const PREFIX = 'person/';
const KEPT_MS = 90 * 86_400_000;
/** Not every page view is written down. */
const FRESH_MS = 3_600_000;

/** The user of the hosts that a claim of the login names; undefined when there is no such claim, or no user name in it. */
export function claimedUser({ claims }: RoutePerson, claim: string | undefined): string | undefined {
  const user = claim === undefined ? undefined : claims?.[claim];
  return user !== undefined && isName('user', user) ? user : undefined;
}

/** Keeps who was here, for the list of people and for orders, for 90 days. */
export async function rememberPerson(
  store: Documents,
  clock: Clock,
  person: RoutePerson,
  hostUser: string | undefined,
): Promise<void> {
  const now = clock.now();
  const before = await findPerson(store, person.name);
  const isSame = before?.isAdmin === person.isOperator && before.hostUser === hostUser;
  if (isSame && now.getTime() - Date.parse(before.seenAt) < FRESH_MS) return;
  const value = {
    name: person.name,
    is_admin: person.isOperator,
    seen_at: now.toISOString(),
    ...(hostUser !== undefined && { host_user_name: hostUser }),
  };
  await store.put(PREFIX + keyPart(person.name), value, { expiresAt: new Date(now.getTime() + KEPT_MS) });
}

export async function findPerson(store: Documents, name: string): Promise<KnownPerson | undefined> {
  return readPerson(await store.get(PREFIX + keyPart(name)));
}

export async function listPeople(store: Documents): Promise<readonly KnownPerson[]> {
  return (await listAll(store, PREFIX)).flatMap(({ value }) => readPerson(value) ?? []);
}

function readPerson(value: Json | undefined): KnownPerson | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name, is_admin: isAdmin, seen_at: seenAt, host_user_name: user } = value;
  if (typeof name !== 'string' || typeof seenAt !== 'string') return undefined;
  return { name, isAdmin: isAdmin === true, seenAt, hostUser: typeof user === 'string' ? user : undefined };
}
