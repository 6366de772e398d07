import type { Clock } from '../../../src/lib/clock.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Documents, RoutePerson } from '../../../src/plugin/contract.ts';
import { listAll } from '../list-all.ts';
import { isMail } from '../notify/mail-address.ts';
import { isName } from '../tools/argv.ts';
import { keyPart } from './key-part.ts';

/** A person who logged in here. */
export interface KnownPerson {
  readonly name: string;
  readonly isAdmin: boolean;
  /** The user of the hosts that the login server said this is. */
  readonly hostUser: string | undefined;
  /** Where letters go, as the login server said. */
  readonly mail: string | undefined;
  readonly seenAt: string;
}

const PREFIX = 'person/';
const KEPT_MS = 90 * 86_400_000;
/** Not every page view is written down. */
const FRESH_MS = 3_600_000;
/** Who comes when so many are remembered is not. */
const MOST = 10_000;

/** The user of the hosts that a claim of the login names; undefined when there is no such claim, or no user name in it. */
export function claimedUser({ claims }: RoutePerson, claim: string | undefined): string | undefined {
  const user = claim === undefined ? undefined : claims?.[claim];
  return user !== undefined && isName('user', user) ? user : undefined;
}

/** Where the login server says that letters reach the person; a login has `email` only when it is not known to be unverified. */
function claimedMail({ claims }: RoutePerson): string | undefined {
  const mail = claims?.['email'];
  return mail !== undefined && isMail(mail) ? mail : undefined;
}

/**
 * Keeps who logged in, for the list of people, for orders and for letters, for 90 days. What the login server said last
 * counts; of whoever shows a key it said nothing.
 */
export async function rememberPerson(
  {
    store,
    clock,
    userClaim,
  }: { readonly store: Documents; readonly clock: Clock; readonly userClaim: string | undefined },
  person: RoutePerson,
): Promise<void> {
  if (person.claims === undefined) return;
  const now = clock.now();
  const before = await findPerson(store, person.name);
  const [hostUser, mail] = [claimedUser(person, userClaim), claimedMail(person)];
  const isSame = before?.isAdmin === person.isOperator && before.hostUser === hostUser && before.mail === mail;
  if (isSame && now.getTime() - Date.parse(before.seenAt) < FRESH_MS) return;
  if (before === undefined && (await listAll(store, PREFIX)).length >= MOST) return;
  const value = {
    name: person.name,
    is_admin: person.isOperator,
    seen_at: now.toISOString(),
    ...(hostUser !== undefined && { host_user_name: hostUser }),
    ...(mail !== undefined && { mail }),
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
  const { name, is_admin: isAdmin, seen_at: seenAt, host_user_name: user, mail } = value;
  if (typeof name !== 'string' || typeof seenAt !== 'string') return undefined;
  const text = (one: Json | undefined): string | undefined => (typeof one === 'string' ? one : undefined);
  return { name, isAdmin: isAdmin === true, seenAt, hostUser: text(user), mail: text(mail) };
}
