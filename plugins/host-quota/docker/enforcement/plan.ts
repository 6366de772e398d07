import type { Container } from '../engine/types.ts';
import type { Item } from '../ownership/items.ts';
import type { Usage } from '../ownership/usage.ts';

export type Mode = 'monitor' | 'stop' | 'remove';
export type Order = 'newest_first' | 'oldest_first' | 'largest_first';

export interface PlanRules {
  readonly mode: Mode;
  readonly order: Order;
  readonly graceSeconds: number;
  readonly exemptLabel: string;
}

export interface PlanInput {
  readonly items: readonly Item[];
  readonly usage: Usage;
  /** KiB by uid; without those that are 0. */
  readonly limits: ReadonlyMap<number, bigint>;
  /** Since when users know that containers will be removed, in epoch seconds; now for those who are not told yet. */
  readonly toldAt: ReadonlyMap<number, number>;
  /** Users nothing is done to, whatever they use: suspended accounts. */
  readonly spared: ReadonlySet<number>;
  /** Containers that this pass has dealt with, with or without success. */
  readonly tried: ReadonlySet<string>;
  /** Epoch seconds. */
  readonly now: number;
}

export type Verdict =
  | 'ok'
  /** The size of something is unknown. */
  | 'unknown'
  /** Removing all containers would not help. */
  | 'unresolvable'
  | 'spared'
  | 'monitored'
  /** Told, and not yet acted upon. */
  | 'in-grace'
  /** Everything that can be stopped is. */
  | 'stopped'
  | 'act';

export interface Step {
  readonly action: 'stop' | 'remove';
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly bytes: bigint;
  readonly isRunning: boolean;
}

export interface UserPlan {
  readonly uid: number;
  /** Bytes that count for enforcement. */
  readonly used: bigint;
  readonly limitKib: bigint;
  readonly excess: bigint;
  readonly verdict: Verdict;
  /** One sentence for a person. */
  readonly why: string;
  /** When containers may be removed, in epoch seconds; undefined where they never are. */
  readonly removalAfter: number | undefined;
  /** In the order in which they are done. */
  readonly steps: readonly Step[];
}

/** What would be done about each user with a limit, worked out from one look at the engine. */
export function planEnforcement(input: PlanInput, rules: PlanRules): readonly UserPlan[] {
  const own = new Map<number, Item[]>();
  for (const item of input.items) {
    const { uid, counts } = item.attribution;
    if (uid === undefined || !counts || !input.limits.has(uid)) continue;
    const items = own.get(uid);
    if (items === undefined) own.set(uid, [item]);
    else items.push(item);
  }
  return [...input.limits]
    .filter(([, kib]) => kib > 0n)
    .sort(([a], [b]) => a - b)
    .map(([uid, limitKib]) => planUser(uid, limitKib, own.get(uid) ?? [], input, rules));
}

function planUser(uid: number, limitKib: bigint, own: readonly Item[], input: PlanInput, rules: PlanRules): UserPlan {
  const { counted: used = 0n, unknown = [] } = input.usage.users.get(uid) ?? {};
  const excess = used > limitKib * 1024n ? used - limitKib * 1024n : 0n;
  const told = input.toldAt.get(uid) ?? input.now;
  const removalAfter = rules.mode === 'remove' ? told + rules.graceSeconds : undefined;
  const base = { uid, used, limitKib, excess, removalAfter };
  const verdict = (kind: Verdict, why: string, steps: readonly Step[] = []): UserPlan => ({
    ...base,
    verdict: kind,
    why,
    steps,
  });
  if (unknown.length > 0) return verdict('unknown', `the size of ${unknown.slice(0, 3).join(', ')} is unknown`);
  if (excess === 0n) return verdict('ok', 'below the limit');
  if (input.spared.has(uid)) return verdict('spared', 'the account is suspended');
  const helpful = own.flatMap((item) => removable(item, rules.exemptLabel));
  const most = helpful.reduce((sum, { bytes }) => sum + bytes, 0n);
  if (most < excess)
    return verdict('unresolvable', 'removing containers would not free enough: images and volumes stay');
  if (rules.mode === 'monitor') return verdict('monitored', 'the mode is monitor');
  const candidates = inOrder(
    helpful.filter(({ id }) => !input.tried.has(id)),
    rules.order,
  );
  if (rules.mode === 'stop') {
    const running = candidates.find(({ container }) => isRunning(container.state));
    if (running === undefined) return verdict('stopped', 'none of the containers runs');
    return verdict('act', 'one container is stopped in each pass', [stepOf('stop', running)]);
  }
  const steps = removalsFor(candidates, excess);
  if (input.now < told + rules.graceSeconds) {
    return verdict('in-grace', 'the user has time to remove something', steps);
  }
  return verdict('act', 'containers are removed until the usage is below the limit', steps);
}

/** A container whose removal frees something. */
interface Removable {
  readonly id: string;
  readonly name: string;
  readonly bytes: bigint;
  readonly container: Container;
}

/** None, or the one that the item is. */
function removable({ id, name, bytes = 0n, container }: Item, exemptLabel: string): readonly Removable[] {
  if (bytes <= 0n || container === undefined || container.labels[exemptLabel] !== undefined) return [];
  return [{ id, name, bytes, container }];
}

function removalsFor(candidates: readonly Removable[], excess: bigint): readonly Step[] {
  const steps: Step[] = [];
  let left = excess;
  for (const item of candidates) {
    if (left <= 0n) break;
    steps.push(stepOf('remove', item));
    left -= item.bytes;
  }
  return steps;
}

/** Ties by id, so that every pass has the same order. */
function inOrder(items: readonly Removable[], order: Order): readonly Removable[] {
  const compare: Readonly<Record<Order, (a: Removable, b: Removable) => number>> = {
    newest_first: (a, b) => b.container.createdAt - a.container.createdAt,
    oldest_first: (a, b) => a.container.createdAt - b.container.createdAt,
    largest_first: (a, b) => Number(b.bytes - a.bytes),
  };
  return [...items].sort((a, b) => compare[order](a, b) || (a.id < b.id ? -1 : 1));
}

function stepOf(action: Step['action'], { id, name, bytes, container }: Removable): Step {
  const { image, state } = container;
  return { action, id, name, image, bytes, isRunning: isRunning(state) };
}

export function isRunning(state: string): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}
