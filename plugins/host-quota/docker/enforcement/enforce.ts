import { plural } from '../../../../src/lib/plural.ts';
import type { DocumentChange } from '../../../../src/plugin/contract.ts';
import { nameOfId } from '../../host/name-of-id.ts';
import { outboxPut } from '../../state/outbox.ts';
import type { Docker, View } from '../docker.ts';
import { quotaEvent, stepEvent } from './events.ts';
import {
  type Begun,
  begunDelete,
  begunPut,
  type Excess,
  excessDelete,
  excessPut,
  readBegun,
  readExcesses,
} from './excess.ts';
import { createLease } from './lease.ts';
import { isRunning, planEnforcement, type Step, type UserPlan } from './plan.ts';

/** What every step of one pass needs. */
interface Pass {
  readonly docker: Docker;
  readonly limits: ReadonlyMap<number, bigint>;
  readonly spared: ReadonlySet<number>;
  readonly excesses: Map<number, Excess>;
  readonly names: ReadonlyMap<number, string>;
  readonly tried: Set<string>;
  failures: number;
  readonly now: number;
  /** Steps that were done. */
  readonly done: Step[];
  renew(): Promise<void>;
  view: View;
}

/** What a pass would do now; changes nothing. */
export async function planPass(docker: Docker, signal: AbortSignal): Promise<readonly UserPlan[]> {
  const view = await docker.view(signal, true);
  const facts = { limits: await docker.limits(), spared: await docker.suspended() };
  return planOf(docker, view, {
    ...facts,
    excesses: await readExcesses(docker.store),
    tried: new Set(),
    now: docker.now(),
  });
}

/**
 * One pass: who is above the limit is told once, and then containers are stopped or removed as planned, one at a time and
 * each planned anew from what the engine says. Every step is written down before it is begun; its event and its end are one
 * write. A death at any point is repaired by the next pass, which loses no event and repeats none.
 */
export async function enforcePass(docker: Docker, signal: AbortSignal): Promise<string | undefined> {
  const lease = createLease(docker.store, docker.clock, docker.holder);
  await lease.take();
  try {
    const view = await docker.sync(signal);
    const [limits, excesses] = [await docker.limits(), new Map(await readExcesses(docker.store))];
    const begun = await readBegun(docker.store);
    const uids = [...new Set([...limits.keys(), ...excesses.keys(), ...begun.map(({ uid }) => uid)])];
    const names = await docker.names.userNames(uids, signal);
    const pass: Pass = {
      docker,
      limits,
      spared: await docker.suspended(),
      excesses,
      names,
      tried: new Set(),
      failures: 0,
      now: docker.now(),
      done: [],
      renew: () => lease.take(),
      view,
    };
    const plans = planOf(docker, view, pass);
    await tell(pass, plans);
    await finish(pass, begun, plans);
    for (const { uid, verdict } of planOf(docker, pass.view, pass)) if (verdict === 'act') await act(pass, uid, signal);
    const over = plans.filter(({ excess }) => excess > 0n).length;
    if (over === 0 && pass.done.length === 0) return undefined;
    return [
      `${plural(over, 'user')} above the limit of Docker, ${plural(pass.done.length, 'container')} stopped or removed`,
      ...(pass.failures > 0 ? [`${pass.failures} could not be`] : []),
    ].join('; ');
  } finally {
    await lease.release();
  }
}

function planOf(
  docker: Docker,
  { items, usage }: View,
  facts: Pick<Pass, 'limits' | 'spared' | 'tried' | 'now'> & { readonly excesses: ReadonlyMap<number, Excess> },
): readonly UserPlan[] {
  const toldAt = new Map(
    [...facts.excesses].flatMap(([uid, { toldAt: at }]) => (at === undefined ? [] : [[uid, at] as const])),
  );
  return planEnforcement({ ...facts, items, usage, toldAt }, docker.settings);
}

/** Begins, ends and announces excesses. The notice of a removal is told when removals are switched on later, too. */
async function tell(pass: Pass, plans: readonly UserPlan[]): Promise<void> {
  const { docker, excesses, now } = pass;
  const byUid = new Map(plans.map((plan) => [plan.uid, plan]));
  for (const uid of excesses.keys()) {
    const verdict = byUid.get(uid)?.verdict;
    if (verdict !== undefined && verdict !== 'ok') continue;
    await docker.store.batch([excessDelete(uid)]);
    excesses.delete(uid);
  }
  for (const plan of plans) {
    if (plan.verdict === 'ok' || plan.verdict === 'unknown' || plan.verdict === 'spared') continue;
    const before = excesses.get(plan.uid);
    const removes = docker.settings.mode === 'remove';
    const isNews = before === undefined || (removes && before.toldAt === undefined);
    const isUnresolvable = plan.verdict === 'unresolvable' && before?.isUnresolvable !== true;
    if (!isNews && !isUnresolvable) continue;
    const excess: Excess = {
      ...(before ?? { since: now, done: [] }),
      ...(removes && { toldAt: before?.toldAt ?? now }),
      ...(isUnresolvable && { isUnresolvable }),
    };
    const more = removes ? { removal_after: (excess.toldAt ?? now) + docker.settings.graceSeconds } : {};
    const name = nameOfId(pass.names, plan.uid);
    const changes: DocumentChange[] = [excessPut(plan.uid, excess)];
    if (isNews) changes.push(outboxPut(quotaEvent('docker_quota_exceeded', plan, name, now, more)));
    if (isUnresolvable) changes.push(outboxPut(quotaEvent('docker_quota_unresolvable', plan, name, now)));
    await docker.store.batch(changes);
    excesses.set(plan.uid, excess);
  }
}

/** Ends the steps that another process began and did not end, but for those that this pass takes up again. */
async function finish(pass: Pass, begun: readonly Begun[], plans: readonly UserPlan[]): Promise<void> {
  const there = new Map(pass.view.snapshot.containers.map((container) => [container.id, container]));
  for (const one of begun) {
    const { step, uid } = one;
    const state = there.get(step.id)?.state;
    const isStopped = state === undefined || !isRunning(state);
    const isNext = plans.some(
      (plan) => plan.uid === uid && plan.verdict === 'act' && plan.steps.some(({ id }) => id === step.id),
    );
    if (state !== undefined && step.action === 'remove' && isNext) continue;
    if (state === undefined) await end(pass, one, step);
    else if (isStopped && step.isRunning) await end(pass, one, { ...step, action: 'stop' });
    else await pass.docker.store.batch([begunDelete(step.id)]);
  }
}

/** Works on one user until he is below the limit or nothing is left to do; in the mode `stop` one container. */
async function act(pass: Pass, uid: number, signal: AbortSignal): Promise<void> {
  const { docker } = pass;
  for (;;) {
    const plan = planOf(docker, pass.view, pass).find((one) => one.uid === uid);
    const [step] = plan?.steps ?? [];
    if (plan?.verdict !== 'act' || step === undefined) return;
    await pass.renew();
    // An engine that still lists what it has removed is not asked again.
    pass.tried.add(step.id);
    const begun = { uid, step, at: docker.now() };
    await docker.store.batch([begunPut(begun)]);
    try {
      if (step.isRunning) await docker.engine.stop(step.id, signal);
      if (step.action === 'remove') await docker.engine.remove(step.id, signal);
    } catch (err) {
      signal.throwIfAborted();
      pass.failures++;
      docker.log.warn(
        { err, container: step.id.slice(0, 12), action: step.action },
        'a container could not be stopped or removed',
      );
      continue;
    }
    pass.view = await docker.again(pass.view, signal);
    await end(pass, begun, step);
    if (step.action === 'stop') return;
  }
}

/** The event and the end of the step, in one write. */
async function end(pass: Pass, { uid, at }: Begun, step: Step): Promise<void> {
  const { docker, excesses } = pass;
  const used = pass.view.usage.users.get(uid)?.counted ?? 0n;
  const limitKib = pass.limits.get(uid) ?? 0n;
  const excess = excesses.get(uid);
  const done = [...(excess?.done ?? []), step.id];
  const isOver = limitKib > 0n && used > limitKib * 1024n;
  const event = stepEvent(step, { uid, used, limitKib }, nameOfId(pass.names, uid), at, isOver ? undefined : done);
  const changes = [outboxPut(event), begunDelete(step.id)];
  if (excess !== undefined) {
    excesses.set(uid, { ...excess, done });
    changes.push(excessPut(uid, { ...excess, done }));
  }
  await docker.store.batch(changes);
  pass.done.push(step);
}
