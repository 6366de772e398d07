import { isJsonObject } from '../lib/json.ts';
import type { Entry } from './journal.ts';
import type { World } from './world.ts';

export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

export interface Budget {
  /** Most requests the agent may spend on one order and its resource; unchecked without it. */
  readonly requestsPerOrder?: number;
}

/** What must hold after every test, whatever went wrong in it. Judged from the journal and the store. */
export function checkInvariants(world: World, budget: Budget = {}): Violation[] {
  const entries = world.journal.entries();
  const found: Violation[] = [];
  const violate = (rule: string, detail: string): void => {
    found.push({ rule, detail });
  };
  doneTwice(entries, violate);
  for (const order of world.store.orders.by('state', 'executing')) violate('order left executing', order.uuid);
  erredAfterFault(entries, violate);
  for (const entry of entries) {
    if (entry.kind !== 'warning') continue;
    if (entry.object === 'limits' || entry.object === 'backend_metadata') {
      violate(`${entry.object} lost`, `${entry.path} ${JSON.stringify(entry.detail)}`);
    }
    if (entry.object === 'unknown' && entry.method !== 'GET') violate('unknown route', `${entry.method} ${entry.path}`);
    if (entry.object === 'crash') violate('sandbox crashed', JSON.stringify(entry.detail));
  }
  for (const login of world.store.removedLogins) {
    if (world.broker.hasUser(login)) violate('broker login left behind', login);
  }
  secretsOutside(world, entries, violate);
  withoutUserAgent(entries, violate);
  if (budget.requestsPerOrder !== undefined) overBudget(world, entries, budget.requestsPerOrder, violate);
  for (const entry of entries) {
    const destination = destinationOf(entry);
    if (destination?.startsWith('/queue/') === true) violate('subscribed to /queue/', destination);
  }
  return found;
}

type Violate = (rule: string, detail: string) => void;

function doneTwice(entries: readonly Entry[], violate: Violate): void {
  const done = new Set<string>();
  for (const { kind, object, uuid = '', to, from } of entries) {
    if (kind !== 'transition' || object !== 'order') continue;
    if (to === 'done' && done.has(uuid)) violate('order done twice', uuid);
    if (to === 'done') done.add(uuid);
    // A retry may rightly finish again.
    if (from === 'done') done.delete(uuid);
  }
}

/** A response that came late, or to a request that was processed twice, counts as one. */
const ANSWERS: ReadonlySet<string | undefined> = new Set([
  'delay',
  'stall',
  'duplicate',
  'clockSkew',
  'stalePage',
  'withhold',
]);

/** The last request about an order before it was erred must not have been answered by a fault. */
function erredAfterFault(entries: readonly Entry[], violate: Violate): void {
  const faulted = new Map<string, boolean>();
  for (const [index, entry] of entries.entries()) {
    const uuid = entry.kind === 'http' ? uuidIn(entry.path) : undefined;
    if (uuid === undefined) continue;
    if (entry.path?.endsWith('/set_state_erred/') === true && faulted.get(uuid) === true) {
      violate('order erred after a transient fault', uuid);
    }
    const next = entries[index + 1];
    faulted.set(uuid, next?.kind === 'fault' && !ANSWERS.has(next.object));
  }
}

function secretsOutside(world: World, entries: readonly Entry[], violate: Violate): void {
  const secrets = world.store.keys.all().map(({ secret }) => secret);
  for (const { kind, path = '', requestBody, query = '' } of entries) {
    if (kind !== 'http' || /\/(report_created|set_key)\/$/.test(path)) continue;
    const text = `${query} ${JSON.stringify(requestBody ?? '')}`;
    if (secrets.some((secret) => secret !== '' && text.includes(secret))) violate('secret outside the key calls', path);
  }
}

function withoutUserAgent(entries: readonly Entry[], violate: Violate): void {
  for (const { kind, method, path = '', user, query = '', userAgent = '' } of entries) {
    const listed = kind === 'http' && method === 'GET' && user === 'provider-owner' && query.includes('offering_uuid=');
    if (!listed || !/\/marketplace-(orders|provider-resources)\/$/.test(path)) continue;
    if (!userAgent.includes('waldur-site-agent')) violate('User-Agent without waldur-site-agent', path);
  }
}

function overBudget(world: World, entries: readonly Entry[], most: number, violate: Violate): void {
  const counts = new Map<string, number>();
  for (const { kind, path, user } of entries) {
    const uuid = kind === 'http' && user === 'provider-owner' ? uuidIn(path) : undefined;
    if (uuid !== undefined) counts.set(uuid, (counts.get(uuid) ?? 0) + 1);
  }
  for (const { uuid, resource } of world.store.orders.all()) {
    const count = (counts.get(uuid) ?? 0) + (counts.get(resource.uuid) ?? 0);
    if (count > most) violate('request budget exceeded', `${uuid}: ${count} requests`);
  }
}

function uuidIn(path: string | undefined): string | undefined {
  return /\/([0-9a-f]{32})\//.exec(path ?? '')?.[1];
}

function destinationOf({ kind, method, detail }: Entry): string | undefined {
  if (kind !== 'stomp' || method !== 'SUBSCRIBE') return undefined;
  return isJsonObject(detail) && typeof detail['destination'] === 'string' ? detail['destination'] : undefined;
}
