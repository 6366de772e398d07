import type { Subject } from '../devices/types.ts';
import { NO_ID } from '../tools/parsed.ts';

/** What the backend id says: `storage1/user/1234@/srv/data`. */
export interface AccountId {
  readonly host: string;
  readonly subject: Subject;
  readonly id: number;
  /** As the offering names it. */
  readonly device: string;
}

export function formatAccountId({ host, subject, id, device }: AccountId): string {
  return `${host}/${subject}/${id}@${device}`;
}

/** Undefined for anything else, for example the name of an account that has no id yet. */
export function parseAccountId(text: string): AccountId | undefined {
  const [, host, subject, digits, device] =
    /^([^/@]+)\/(user|group|project|subvolume)\/(\d{1,10})@(.+)$/.exec(text) ?? [];
  if (host === undefined || device === undefined || Number(digits) >= NO_ID) return undefined;
  return { host, subject: subject as Subject, id: Number(digits), device };
}
