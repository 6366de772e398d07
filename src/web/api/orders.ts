import type { JournalEntry, OrderEvent } from '../../store/journal-entry.ts';
import { failureShape } from './failure-shape.ts';
import type { OrderLineShape, OrderShape, OrdersShape } from './shapes.ts';
import type { AgentSource } from './source.ts';
import { stepOf } from './steps.ts';

/** Entries that are read of each offering for one page. */
const PAGE_ENTRIES = 1000;
const MOST_STEPS = 500;

/** Orders as the journal knows them, the latest change first. @param before where the page before ended, by offering */
export async function ordersOf(agent: AgentSource, before: ReadonlyMap<string, number>): Promise<OrdersShape> {
  const next: Record<string, number> = {};
  const lines: OrderLineShape[] = [];
  for (const { config } of agent.offerings()) {
    if (before.size > 0 && !before.has(config.uuid)) continue;
    const query = { offering: config.uuid, kinds: ['order'], limit: PAGE_ENTRIES } as const;
    const entries = await agent.journal().read({ ...query, before: before.get(config.uuid) });
    const last = entries.at(-1);
    if (entries.length === PAGE_ENTRIES && last !== undefined) next[config.uuid] = last.seq;
    lines.push(...linesOf(entries, config.name));
  }
  const orders = lines.sort((a, b) => (a.changedAt < b.changedAt ? 1 : -1));
  return { at: agent.clock.now().toISOString(), orders, next };
}

/** One order with everything the journal has of it, the oldest step first; undefined when it knows none. */
export async function orderOf(agent: AgentSource, order: string): Promise<OrderShape | undefined> {
  for (const { config } of agent.offerings()) {
    const query = { offering: config.uuid, order, limit: MOST_STEPS };
    const entries = await agent.journal().read(query);
    const [line] = linesOf(entries, config.name);
    if (line !== undefined) return { ...line, steps: entries.map(stepOf).reverse() };
  }
  return undefined;
}

/** @param entries the newest first */
function linesOf(entries: readonly JournalEntry[], offeringName: string): readonly OrderLineShape[] {
  const byOrder = new Map<string, JournalEntry[]>();
  for (const entry of entries) {
    if (entry.order === undefined || entry.event.kind !== 'order') continue;
    const known = byOrder.get(entry.order);
    if (known === undefined) byOrder.set(entry.order, [entry]);
    else known.push(entry);
  }
  return [...byOrder].flatMap(([order, own]) => {
    const line = lineOf(order, own, offeringName);
    return line === undefined ? [] : [line];
  });
}

function lineOf(order: string, own: readonly JournalEntry[], offeringName: string): OrderLineShape | undefined {
  const [newest, oldest] = [own[0], own.at(-1)];
  if (newest === undefined || oldest === undefined) return undefined;
  const event = newest.event as OrderEvent; // linesOf lets no other kind through
  return {
    order,
    resource: newest.resource ?? null,
    offering: newest.offering,
    offeringName,
    name: event.name,
    type: event.type,
    status: event.stage === 'read' ? 'running' : (event.ending ?? 'failed'),
    startedAt: oldest.at.toISOString(),
    changedAt: newest.at.toISOString(),
    ms: event.ms ?? null,
    error: failureShape(event.error),
  };
}
