import type { Documents } from '../../../src/plugin/contract.ts';
import { listMappings } from '../central/mappings.ts';
import { listPeople } from '../central/people.ts';
import type { Names } from '../host/names.ts';
import type { Settings } from '../settings.ts';
import type { QuotaEvent } from '../state/event.ts';
import { isMail, mailIn } from './mail-address.ts';

export interface AddressDeps {
  readonly settings: Pick<Settings, 'mail_map'>;
  readonly names: Names;
  readonly store: Documents;
  readonly hostId: string;
}

/** Where letters about an event go; empty when no address is known. */
export type AddressesOf = (event: QuotaEvent, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Reads what is known about people once, for many events. For each user: the address of `mail_map`, else those that the
 * login server said of the people who are this user, else the one in the comment field of a user of this host.
 */
export async function openAddresses({ settings, names, store, hostId }: AddressDeps): Promise<AddressesOf> {
  const claimed = await claimedAddresses(store);
  return async ({ subject, id, name, host }, signal) => {
    if (subject !== 'user') return [];
    const written = settings.mail_map?.[name];
    if (written !== undefined) return [written];
    const said = claimed(host ?? hostId, name);
    if (said.length > 0 || host !== undefined) return said;
    const found = mailIn((await names.user(id, signal))?.gecos ?? '');
    return found === undefined ? [] : [found];
  };
}

/** By the users that people are: of every host by a claim of their login, and of one by an administrator's word. */
async function claimedAddresses(store: Documents): Promise<(hostId: string, user: string) => readonly string[]> {
  const byUser = new Map<string, Set<string>>();
  const add = (key: string, mail: string): void => {
    byUser.set(key, (byUser.get(key) ?? new Set()).add(mail));
  };
  const mails = new Map<string, string>();
  for (const { name, mail, hostUser } of await listPeople(store)) {
    if (mail === undefined || !isMail(mail)) continue;
    mails.set(name, mail);
    if (hostUser !== undefined) add(`|${hostUser}`, mail);
  }
  if (mails.size > 0) {
    for (const { person, hostId, user, state } of await listMappings(store)) {
      const mail = mails.get(person);
      if (mail !== undefined && state === 'approved') add(`${hostId}|${user}`, mail);
    }
  }
  return (hostId, user) => [
    ...new Set([...(byUser.get(`|${user}`) ?? []), ...(byUser.get(`${hostId}|${user}`) ?? [])]),
  ];
}
