import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import type { Documents } from '../../../src/plugin/contract.ts';
import { listAll } from '../list-all.ts';
import { badRequest } from '../remote/reply.ts';
import { isName } from '../tools/argv.ts';
import { keyPart } from './key-part.ts';
import { findPerson } from './people.ts';

/** Which user of a host a person says to be. */
export interface Claimed {
  readonly person: string;
  readonly hostId: string;
  readonly user: string;
}

/**
 * A claim and what became of it. Only an approved mapping lets the person see the numbers of that user and buy its quota.
 * - `waiting`: for an administrator
 * - `approved`: by an administrator, or proved by a claim of the login
 * - `rejected`: by an administrator; it cannot be requested again before it is forgotten
 */
export interface Mapping extends Claimed {
  readonly state: 'waiting' | 'approved' | 'rejected';
  readonly proof?: 'administrator' | 'claim';
  /** Since when it is in this state. */
  readonly at: string;
  /** The administrator who decided. */
  readonly decidedBy?: string;
}

const PREFIX = 'mapping/';
/** Of all people, and requests of one person that wait. */
const MOST = 10_000;
const MOST_WAITING = 20;
/** What no administrator approved is forgotten. */
const KEPT_MS = 30 * 86_400_000;

/** Of one person, or of all. */
export async function listMappings(store: Documents, person?: string): Promise<readonly Mapping[]> {
  const prefix = person === undefined ? PREFIX : `${PREFIX}${keyPart(person)}/`;
  return (await listAll(store, prefix)).flatMap(({ value }) => read(value) ?? []);
}

export async function findMapping(store: Documents, claimed: Claimed): Promise<Mapping | undefined> {
  return read(await store.get(keyOf(claimed)));
}

/** A person asks; what was asked before stays as it is. */
export async function requestMapping(store: Documents, claimed: Claimed, now: Date): Promise<Mapping> {
  const before = await findMapping(store, claimed);
  if (before?.state === 'rejected') throw badRequest('an administrator refused this mapping', 409);
  if (before !== undefined) return before;
  const waiting = (await listMappings(store, claimed.person)).filter(({ state }) => state === 'waiting');
  if (waiting.length >= MOST_WAITING) throw badRequest('too many of your requests wait for an administrator', 409);
  return write(store, { ...claimed, state: 'waiting', at: now.toISOString() }, now);
}

/** An administrator says so. */
export function decideMapping(
  store: Documents,
  claimed: Claimed,
  state: 'approved' | 'rejected',
  by: { readonly name: string; readonly now: Date },
): Promise<Mapping> {
  const proof = state === 'approved' ? { proof: 'administrator' as const } : {};
  const { person, hostId, user } = claimed;
  const mapping = { person, hostId, user, state, ...proof, at: by.now.toISOString(), decidedBy: by.name };
  return write(store, mapping, by.now);
}

export async function removeMapping(store: Documents, claimed: Claimed): Promise<void> {
  await store.delete(keyOf(claimed));
}

/** Whether this person is that user: by an administrator's word, or by what the login server said at the last login. */
export async function isProven(store: Documents, claimed: Claimed): Promise<boolean> {
  if ((await findMapping(store, claimed))?.state === 'approved') return true;
  return (await findPerson(store, claimed.person))?.hostUser === claimed.user;
}

export function formatMapping({ person, hostId, user, state, proof, at, decidedBy }: Mapping): JsonObject {
  return {
    oauth_user_name: person,
    host_id: hostId,
    host_user_name: user,
    state,
    at,
    ...(proof !== undefined && { proof }),
    ...(decidedBy !== undefined && { decided_by: decidedBy }),
  };
}

/** What a request names; `person` where it may leave that out. Undefined when a part is missing or cannot be one. */
export function readClaimed(value: Json | undefined, person?: string): Claimed | undefined {
  if (!isJsonObject(value)) return undefined;
  const { host_id: hostId, host_user_name: user, oauth_user_name: named = person } = value;
  if (typeof named !== 'string' || named === '' || named.length > 512) return undefined;
  if (typeof hostId !== 'string' || hostId === '' || hostId.length > 63) return undefined;
  return typeof user === 'string' && isName('user', user) ? { person: named, hostId, user } : undefined;
}

async function write(store: Documents, mapping: Mapping, now: Date): Promise<Mapping> {
  if ((await findMapping(store, mapping)) === undefined && (await listMappings(store)).length >= MOST) {
    throw badRequest(`there are ${MOST} mappings already`, 409);
  }
  const isKept = mapping.state === 'approved';
  const expiry = isKept ? {} : { expiresAt: new Date(now.getTime() + KEPT_MS) };
  await store.put(keyOf(mapping), formatMapping(mapping), expiry);
  return mapping;
}

function read(value: Json | undefined): Mapping | undefined {
  const claimed = readClaimed(value);
  if (claimed === undefined || !isJsonObject(value)) return undefined;
  const { state, at, proof, decided_by: decidedBy } = value;
  if (state !== 'waiting' && state !== 'approved' && state !== 'rejected') return undefined;
  return {
    ...claimed,
    state,
    at: typeof at === 'string' ? at : '',
    ...((proof === 'administrator' || proof === 'claim') && { proof }),
    ...(typeof decidedBy === 'string' && { decidedBy }),
  };
}

function keyOf({ person, hostId, user }: Claimed): string {
  return PREFIX + [person, hostId, user].map(keyPart).join('/');
}
