import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Route, RoutePerson, RouteRequest } from '../../../src/plugin/contract.ts';
import { badRequest, Refusal } from '../remote/reply.ts';
import type { CentralDeps, CentralRoute } from './deps.ts';
import {
  type Claimed,
  decideMapping,
  findMapping,
  formatMapping,
  listMappings,
  type Mapping,
  readClaimed,
  removeMapping,
  requestMapping,
} from './mappings.ts';
import { claimedUser, listPeople } from './people.ts';

/** Mappings in one request of an administrator. */
const AT_ONCE = 1000;

/** Who is which user of which host: people ask, and administrators decide. */
export function createMappingRoutes(deps: CentralDeps, route: CentralRoute): readonly Route[] {
  const { store } = deps;
  const decide =
    (state: 'approved' | 'rejected') =>
    async (request: RouteRequest): Promise<Json> => {
      const claimed = claimedIn(request.body);
      if ((await findMapping(store, claimed)) === undefined) throw new Refusal('mapping not found', 404);
      return formatMapping(await decided(deps, request, claimed, state));
    };
  return [
    route('GET', '/me/mappings', 'user', async ({ person }) => (await mappingsOf(deps, person)).map(formatMapping)),
    route('POST', '/me/mappings', 'user', async ({ person, body }) => formatMapping(await ask(deps, person, body))),
    route('DELETE', '/me/mappings', 'user', async ({ person, body, query }) => {
      await removeMapping(store, ownClaimed(person, body ?? Object.fromEntries(query)));
      return { msg: 'ok' };
    }),
    route('GET', '/admin/mappings', 'operator', async () => (await listMappings(store)).map(formatMapping)),
    route('POST', '/admin/mappings', 'operator', async (request) => {
      return formatMapping(await decided(deps, request, claimedIn(request.body), 'approved'));
    }),
    route('DELETE', '/admin/mappings', 'operator', async ({ body, query, person }) => {
      const claimed = claimedIn(body ?? Object.fromEntries(query));
      await removeMapping(store, claimed);
      deps.log.info({ ...claimed, by: person?.name }, 'a mapping was removed');
      return { msg: 'ok' };
    }),
    route('POST', '/admin/mappings/batch', 'operator', (request) => many(deps, request)),
    route('POST', '/admin/mappings/approve', 'operator', decide('approved')),
    route('POST', '/admin/mappings/reject', 'operator', decide('rejected')),
    route('GET', '/admin/oauth-users', 'operator', async () =>
      (await listPeople(store)).map(({ name, isAdmin, hostUser, seenAt }) => ({
        name,
        is_admin: isAdmin,
        seen_at: seenAt,
        ...(hostUser !== undefined && { host_user_name: hostUser }),
      })),
    ),
  ];
}

/** Those that are stored, and on every host the user that a claim of the login names. */
export async function mappingsOf(deps: CentralDeps, person: RoutePerson | undefined): Promise<readonly Mapping[]> {
  if (person === undefined) return [];
  const user = claimedUser(person, deps.userClaim);
  const at = deps.clock.now().toISOString();
  const proved = deps.hosts.flatMap(({ id: hostId }): readonly Mapping[] =>
    user === undefined ? [] : [{ person: person.name, hostId, user, state: 'approved', proof: 'claim', at }],
  );
  const stored = await listMappings(deps.store, person.name);
  return [...proved, ...stored.filter((one) => !proved.some((other) => isSame(one, other)))];
}

async function ask(deps: CentralDeps, person: RoutePerson | undefined, body: Json | undefined): Promise<Mapping> {
  const claimed = ownClaimed(person, body);
  if (!deps.hosts.some(({ id }) => id === claimed.hostId)) throw new Refusal('host not found', 404);
  const proved = (await mappingsOf(deps, person)).find((one) => one.proof === 'claim' && isSame(one, claimed));
  return proved ?? requestMapping(deps.store, claimed, deps.clock.now());
}

async function decided(
  deps: CentralDeps,
  { person }: RouteRequest,
  claimed: Claimed,
  state: 'approved' | 'rejected',
): Promise<Mapping> {
  const by = { name: person?.name ?? '', now: deps.clock.now() };
  const mapping = await decideMapping(deps.store, claimed, state, by);
  deps.log.info({ ...claimed, by: by.name }, `a mapping was ${state}`);
  return mapping;
}

/** Each for itself: what cannot be a mapping is named, and the others are made. */
async function many(deps: CentralDeps, request: RouteRequest): Promise<Json> {
  const { mappings } = isJsonObject(request.body) ? request.body : {};
  if (!Array.isArray(mappings) || mappings.length > AT_ONCE) {
    throw badRequest(`mappings (an array of at most ${AT_ONCE}) required`);
  }
  const errors: string[] = [];
  for (const [index, entry] of (mappings as readonly Json[]).entries()) {
    const claimed = readClaimed(entry);
    if (claimed === undefined) errors.push(`mappings[${index}]: ${REQUIRED}`);
    else await decided(deps, request, claimed, 'approved');
  }
  return { total: mappings.length, created: mappings.length - errors.length, errors };
}

const REQUIRED = 'oauth_user_name, host_id and host_user_name are required';

function claimedIn(body: Json | undefined): Claimed {
  const claimed = readClaimed(body);
  if (claimed === undefined) throw badRequest(REQUIRED);
  return claimed;
}

/** What people say about themselves. No person asks in the name of another. */
function ownClaimed(person: RoutePerson | undefined, body: Json | undefined): Claimed {
  const claimed = readClaimed(body, person?.name ?? '');
  if (claimed === undefined) throw badRequest('host_id and host_user_name are required');
  if (claimed.person !== person?.name) throw new Refusal('a mapping of another person', 403);
  return claimed;
}

function isSame(a: Claimed, b: Claimed): boolean {
  return a.person === b.person && a.hostId === b.hostId && a.user === b.user;
}
