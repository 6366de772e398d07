import { vi } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import { type ProcessSite, type RunningAgent, soon } from '../fakes/process.ts';
import type { BackendName, Bench } from './bench.ts';
import { openBench } from './benches.ts';
import { differences } from './judge.ts';
import { mortal } from './mortal.ts';
import type { Story } from './stories.ts';

export interface Swept {
  readonly backend: BackendName;
  readonly what: string;
  /** The effects that an agent died of, as an agent that lives has them. */
  readonly points: readonly string[];
  /** Deaths in the run in which every agent dies. */
  readonly deaths: number;
  /** What was not as it must be, and after which death. */
  readonly failures: readonly string[];
}

/** What the agents were asked for. */
interface Task {
  readonly resource: Resource;
  /** What the agent says when it is through with it. */
  readonly handled: RegExp;
  isOver(): boolean;
}

/** A bench, and every task that was given to agents there. */
interface Stage {
  readonly story: Story;
  readonly bench: Bench;
  readonly tasks: Task[];
}

const EVERY: Effects = { first: 1, step: 1 };
const MOST_DEATHS = 100;
/** Each failure costs the time it takes to be sure that nothing more will happen. */
const ENOUGH = 3;

/** Which effects agents are killed after: the first of them, counted from 1, and how far apart they are. */
export interface Effects {
  readonly first: number;
  readonly step: number;
}

/**
 * One order after the other, each with an agent that is killed right after the first of `effects`, the next, and so on until
 * one gets through; the next agent must make it good before it is killed in turn. In the end one order of which every
 * agent dies, the first of its first effect, the next of its second.
 */
export async function sweep(backend: BackendName, story: Story, { first, step }: Effects = EVERY): Promise<Swept> {
  const points: string[] = [];
  const failures: string[] = [];
  const open = async (): Promise<Stage> => ({ story, bench: await openBench(backend, story), tasks: [] });
  let stage = await open();
  const judge = async (death: string, agent: RunningAgent): Promise<boolean> => {
    const wrong = await faults(stage, agent);
    if (wrong !== undefined) failures.push(`after ${death}: ${wrong}`);
    return wrong === undefined;
  };
  for (let death: string | undefined = 'none'; death !== undefined && failures.length < ENOUGH; ) {
    let agent = await start(stage);
    if (!(await judge(`death ${points.length}, ${death}`, agent))) {
      await kill(agent);
      // What is broken once would be found again after every other death.
      stage = await open();
      agent = await start(stage);
    }
    death = await die(stage, agent, first + points.length * step);
    if (death !== undefined) points.push(death);
  }
  if (!story.again || failures.length > 0) return { backend, what: story.what, points, deaths: 0, failures };
  stage = await open();
  const deaths = await dieAgainAndAgain(stage, (agent) => judge('one death after the other', agent));
  return { backend, what: story.what, points, deaths, failures };
}

/** Gives the task to an agent that dies of its n-th effect on it. Answers which one that was; undefined when it lived. */
async function die(stage: Stage, agent: RunningAgent, effect: number): Promise<string | undefined> {
  const resource = await prepare(stage, agent);
  await command(agent, `die ${effect}`, /armed/);
  const task = await give(stage, resource);
  const lived = await outlives(agent, agent.says(task.handled));
  await kill(agent);
  return lived ? undefined : lastEffect(agent);
}

function lastEffect({ output }: RunningAgent): string {
  return /effect (.*)\n$/.exec(output.extra)?.[1] ?? 'nothing';
}

async function dieAgainAndAgain(stage: Stage, judge: (agent: RunningAgent) => Promise<boolean>): Promise<number> {
  const first = await start(stage);
  const resource = await prepare(stage, first);
  await kill(first);
  const task = await give(stage, resource);
  for (let deaths = 0; deaths < MOST_DEATHS; deaths++) {
    const agent = await stage.bench.site.run(mortal(stage.bench.root, deaths + 1));
    await soon(() => ensure(task.isOver() || hasEnded(agent), 'it is not over'));
    if (!(await outlives(agent, settled(stage)))) continue;
    // It may still be removing what the order ended.
    if (!(await outlives(agent, command(agent, 'die 0', /armed/)))) continue;
    await judge(agent);
    await kill(agent);
    return deaths;
  }
  throw new Error(`it is not over after ${MOST_DEATHS} deaths`);
}

/** Whether the agent is still there when `work` is over. What fails because it died is no failure. */
async function outlives(agent: RunningAgent, work: Promise<unknown>): Promise<boolean> {
  try {
    await Promise.race([work, agent.ended]);
  } catch (error) {
    if (!hasEnded(agent)) throw error;
  }
  return !hasEnded(agent);
}

function hasEnded({ child }: RunningAgent): boolean {
  return child.signalCode !== null || child.exitCode !== null;
}

/** An agent that lives, and looks after what the one before it left. */
async function start({ bench }: Stage): Promise<RunningAgent> {
  const agent = await bench.site.run(mortal(bench.root));
  await agent.says(/"event stream connected"/);
  return agent;
}

async function kill({ child, ended }: RunningAgent): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

async function command({ child, says }: RunningAgent, line: string, answer: RegExp): Promise<void> {
  child.stdin?.write(`${line}\n`);
  await says(answer, 'extra');
}

async function prepare(stage: Stage, agent: RunningAgent): Promise<Resource | undefined> {
  const { before, filledBefore } = stage.story;
  let resource: Resource | undefined;
  for (const [index, request] of [...before, undefined].entries()) {
    if (index === filledBefore && resource !== undefined) stage.bench.fill(resource.backendId);
    if (request === undefined) break;
    const task = place(stage, request, resource);
    await agent.says(task.handled);
    resource = task.resource;
  }
  if (resource !== undefined) resource.name = stage.story.renamed ?? resource.name;
  await settled(stage);
  return resource;
}

async function give(stage: Stage, resource: Resource | undefined): Promise<Task> {
  const { order } = stage.story;
  const task = order === 'rotate' ? await rotate(stage, resource) : place(stage, order, resource);
  stage.tasks.push(task);
  return task;
}

function place(
  { bench, story }: Stage,
  request: Exclude<Story['order'], 'rotate'>,
  resource: Resource | undefined,
): Task {
  const plan = resource?.offering.plans.find(({ name }) => name === request?.plan)?.uuid;
  const order = bench.site.sandbox.placeOrder({
    ...request,
    ...(resource && { resource: resource.uuid }),
    ...(plan !== undefined && { plan }),
  });
  return {
    resource: order.resource,
    handled: new RegExp(`"order":"${order.uuid}".*"outcome":"(done|erred)"`),
    isOver: () => order.state === (story.ending.order ?? 'done'),
  };
}

async function rotate({ bench: { site } }: Stage, resource: Resource | undefined): Promise<Task> {
  const [row] = resource === undefined ? [] : site.sandbox.store.keys.by('resource', resource.uuid);
  if (resource === undefined || row === undefined) throw new Error('there is no key to rotate');
  const { clientId } = row;
  await post(site, 'consumer', `marketplace-resource-api-keys/${row.uuid}/rotate/`);
  return {
    resource,
    handled: new RegExp(`"key":"${row.uuid}".*"outcome":"rotated"`),
    isOver: () => row.state === 'OK' && row.clientId !== clientId,
  };
}

async function post({ sandbox }: ProcessSite, user: string, path: string): Promise<void> {
  const headers = { authorization: `Token ${sandbox.token(user)}` };
  const answer = await fetch(sandbox.url + path, { method: 'POST', headers });
  ensure(answer.ok, `${path} was answered ${answer.status}`);
}

function ensure(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

/** Resolves when nothing is left that the agent was told and has not looked after. */
function settled({ bench: { site } }: Stage): Promise<void> {
  const { broker, store } = site.sandbox;
  return soon(() => {
    for (const { owner, queue } of store.consumers.all()) {
      const { ready, unacked } = broker.depth(owner.uuid, queue);
      if (ready + unacked > 0) throw new Error(`${ready} messages wait, ${unacked} are worked on`);
    }
  });
}

/** What is wrong although the agent had the time to put it right. */
async function faults(stage: Stage, agent: RunningAgent): Promise<string | undefined> {
  const { bench, tasks, story } = stage;
  const check = (): void => {
    const wrong = differences(
      bench,
      tasks.map(({ resource }) => resource),
      story.ending,
    );
    ensure(wrong.length === 0, wrong.join('; '));
  };
  try {
    await soon(() => ensure(tasks.at(-1)?.isOver() !== false, 'it is not over'));
    await settled(stage);
    if (story.settings['credentials'] === 'api_keys') await waitForStrangers(stage, agent, check);
    else await soon(check);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A key that Waldur never heard of is left alone for a quarter of an hour: someone may be about to report it. */
function waitForStrangers({ bench, story }: Stage, agent: RunningAgent, check: () => void): Promise<void> {
  let isFirst = true;
  const look = async (): Promise<void> => {
    if (!isFirst) {
      await command(agent, 'age 960000', /aged/);
      await post(
        bench.site,
        'provider-owner',
        `marketplace-provider-offerings/${FIXTURE[story.offering]}/sync_resources/`,
      );
    }
    isFirst = false;
    check();
  };
  return vi.waitFor(look, { timeout: 60_000, interval: 300 });
}
