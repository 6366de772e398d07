import type { Agent } from '../../src/daemon/compose.ts';
import { loadFixture } from '../../src/sandbox/fixture.ts';
import type { OrderRequest } from '../../src/sandbox/order-request.ts';
import { openSite, type Site, type SiteOptions } from '../fakes/site.ts';
import { addBuckets, addResources } from './lib/population.ts';
import { type Figure, printResult } from './lib/report.ts';
import { until } from './lib/until.ts';

/** What the agent asks of Waldur, counted in Waldur's journal. No time is measured, so any machine gives the same. */

const RESOURCES = 1000;
/** Waldur's pages have at most 100 rows. */
const PAGES = RESOURCES / 100;

printResult('requests', [...(await orders()), ...(await options()), ...(await reports())]);

async function orders(): Promise<readonly Figure[]> {
  return withSite({}, async (site) => {
    const create = await costOf(site, () => order(site, { limits: { storage: 5, objects: 100 } }, 'done'));
    const resource = site.sandbox.store.resources.all()[0]?.uuid ?? '';
    const silent = await costOf(site, () => order(site, { state: 'pending-consumer' }, 'pending-consumer'));
    const limits = await costOf(site, () =>
      order(site, { type: 'Update', resource, limits: { storage: 7, objects: 100 } }, 'done'),
    );
    const terminate = await costOf(site, () => order(site, { type: 'Terminate', resource }, 'done'));
    return [
      { name: 'create order', value: create, unit: 'requests', target: { atMost: 8 } },
      { name: 'limits order', value: limits, unit: 'requests' },
      { name: 'terminate order', value: terminate, unit: 'requests' },
      { name: 'event that needs no action', value: silent, unit: 'requests', target: { exactly: 0 } },
    ];
  });
}

async function options(): Promise<readonly Figure[]> {
  return withSite({ offering: 'options' }, async (site) => {
    const { offering } = site;
    await costOf(site, () => order(site, { offering, attributes: { storage_limit: 2 } }, 'done'));
    const resource = site.sandbox.store.resources.all()[0]?.uuid ?? '';
    const change: OrderRequest = { type: 'Update', kind: 'options', resource, options: { storage_limit: 3 } };
    const value = await costOf(site, () => order(site, change, 'done'));
    return [{ name: 'options order', value, unit: 'requests' }];
  });
}

async function reports(): Promise<readonly Figure[]> {
  const fixture: NonNullable<SiteOptions['sandbox']>['fixture'] = (site) => {
    loadFixture(site);
    addResources(site, RESOURCES);
  };
  return withSite({ sandbox: { fixture } }, async (site, agent) => {
    await addBuckets(site.storage, RESOURCES);
    const first = await reportCost(site, agent);
    const second = await reportCost(site, agent);
    return [
      { name: `first report of ${RESOURCES} resources, reads`, value: first.reads, unit: 'requests' },
      {
        name: `first report of ${RESOURCES} resources, writes`,
        value: first.writes,
        unit: 'requests',
        target: { atMost: RESOURCES },
      },
      {
        name: `unchanged report of ${RESOURCES} resources, reads`,
        value: second.reads,
        unit: 'requests',
        target: { atMost: PAGES },
      },
      {
        name: `unchanged report of ${RESOURCES} resources, writes`,
        value: second.writes,
        unit: 'requests',
        target: { exactly: 0 },
      },
    ];
  });
}

async function withSite<T>(options: SiteOptions, work: (site: Site, agent: Agent) => Promise<T>): Promise<T> {
  const site = await openSite(options);
  try {
    const agent = await site.start();
    await until('the event bus', () => site.logs.some((line) => line.includes('event stream connected')));
    return await work(site, agent);
  } finally {
    await site.close();
  }
}

async function order({ sandbox }: Site, request: OrderRequest, state: 'done' | 'pending-consumer'): Promise<void> {
  const { uuid } = sandbox.placeOrder(request);
  await sandbox.await(uuid, state, AbortSignal.timeout(20_000));
}

/** Requests of the agent about one order, until Waldur has heard nothing more for a while. */
async function costOf(site: Site, work: () => Promise<void>): Promise<number> {
  await quiet(site);
  const since = lastSeq(site);
  await work();
  await quiet(site);
  return asked(site, since).length;
}

async function reportCost(site: Site, agent: Agent): Promise<{ readonly reads: number; readonly writes: number }> {
  await quiet(site);
  const since = lastSeq(site);
  const reported = (): number => site.logs.filter((line) => line.includes('"usage reported"')).length;
  const before = reported();
  agent.reportNow();
  await until('the report', () => reported() > before);
  const requests = asked(site, since);
  const reads = requests.filter(({ method }) => method === 'GET').length;
  return { reads, writes: requests.length - reads };
}

function asked({ sandbox }: Site, since: number): ReturnType<Site['sandbox']['journal']['entries']> {
  return sandbox.journal.entries(since, 'http').filter(({ user }) => user === 'provider-owner');
}

function lastSeq({ sandbox }: Site): number {
  return sandbox.journal.entries().at(-1)?.seq ?? 0;
}

/** Events of what was just done come back within 50 ms; what they cause is part of its cost. */
async function quiet(site: Site): Promise<void> {
  let seen = -1;
  await until(
    'silence',
    () => {
      const last = lastSeq(site);
      const still = last === seen;
      seen = last;
      return still;
    },
    { everyMs: 300 },
  );
}
