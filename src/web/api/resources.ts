import type { Quota } from '../../plugin/contract.ts';
import { SEEN_KEPT_MS, type SeenResource, seenOwner } from '../../upkeep/seen-resources.ts';
import { failureShape } from './failure-shape.ts';
import type { ResourceLineShape, ResourceShape, ResourcesShape, SeriesShape } from './shapes.ts';
import type { AgentSource, OfferingSource } from './source.ts';
import { stepOf } from './steps.ts';

const MOST_LINES = 20_000;
const MOST_STEPS = 200;
/** A plot shows no more. */
const MOST_POINTS = 500;

/** Every resource that is known, of all offerings. Asks no peer. */
export function resourcesOf(agent: AgentSource): ResourcesShape {
  const resources: ResourceLineShape[] = [];
  let truncated = false;
  for (const offering of agent.offerings()) {
    for (const seen of offering.resources.list()) {
      if (resources.length >= MOST_LINES) truncated = true;
      else resources.push(lineOf(seen, offering));
    }
  }
  return { at: agent.clock.now().toISOString(), resources, truncated };
}

/** One resource with its past; undefined when it is not known. */
export async function resourceOf(agent: AgentSource, uuid: string): Promise<ResourceShape | undefined> {
  for (const offering of agent.offerings()) {
    const seen = offering.resources.get(uuid);
    if (seen === undefined) continue;
    const query = { offering: offering.config.uuid, resource: uuid, limit: MOST_STEPS };
    const entries = await agent.journal().read(query);
    return {
      ...lineOf(seen, offering),
      accessKeys: seen.found?.keys.map(({ id, works }) => ({ id, works })) ?? [],
      error: failureShape(seen.error),
      left: seen.left.map(({ path, from, to }) => ({ path, from, to })),
      history: await historyOf(agent, offering, seen.account),
      steps: entries.map(stepOf),
    };
  }
  return undefined;
}

function lineOf(seen: SeenResource, { config }: OfferingSource): ResourceLineShape {
  const { found } = seen;
  return {
    uuid: seen.uuid,
    name: seen.name,
    offering: config.uuid,
    offeringName: config.name,
    account: seen.account,
    customer: seen.customer,
    project: seen.project,
    finding: seen.finding,
    suspended: found?.suspended ?? false,
    usedBytes: text(found?.holds?.bytes),
    usedObjects: text(found?.holds?.objects),
    ...limitsOf(found?.quota),
    keys: found?.keys.length ?? 0,
    trend: seen.trend.map(({ bytes }) => bytes),
    seenAt: seen.at.toISOString(),
  };
}

function limitsOf(quota: Quota | undefined): Pick<ResourceLineShape, 'limitBytes' | 'limitObjects'> {
  return { limitBytes: text(quota?.bytes), limitObjects: text(quota?.objects) };
}

function text(amount: bigint | null | undefined): string | null {
  return amount?.toString() ?? null;
}

async function historyOf(agent: AgentSource, { config, peers }: OfferingSource, account: string) {
  const now = agent.clock.now();
  const range = { from: new Date(now.getTime() - SEEN_KEPT_MS), to: new Date(now.getTime() + 1000) };
  const owners = [config.uuid, seenOwner(config.uuid)];
  const read = await Promise.all(owners.map((owner) => peers.store.samples.read(owner, account, range)));
  const [sampled = [], seen = []] = read;
  const known = new Set(sampled.map(({ component }) => component));
  return [...sampled, ...seen.filter(({ component }) => !known.has(component))].map(
    ({ component, points }): SeriesShape => ({
      component,
      points: thinned(points).map(({ at, quantity }) => [at, Number(quantity)] as const),
    }),
  );
}

/** The last one always stays. */
function thinned<T>(points: readonly T[]): readonly T[] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => (points.length - 1 - index) % step === 0);
}
