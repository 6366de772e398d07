import type { JsonObject } from '../../../../src/lib/json.ts';
import type { DockerEvent, QuotaEvent } from '../../state/event.ts';
import { DOCKER } from '../settings.ts';
import type { Step, UserPlan } from './plan.ts';

type Told = Pick<UserPlan, 'uid' | 'used' | 'limitKib'>;

export function quotaEvent(
  event: DockerEvent,
  plan: Told,
  name: string,
  at: number,
  more: JsonObject = {},
): QuotaEvent {
  const detail = {
    uid: plan.uid,
    device_name: DOCKER,
    block_current: Number(plan.used),
    block_hard_limit: Number(plan.limitKib),
    ...more,
  };
  return { event, subject: 'user', id: plan.uid, name, device: DOCKER, at, detail };
}

/** @param done every container of this excess, when the usage is below the limit now */
export function stepEvent(
  step: Step,
  plan: Told,
  name: string,
  at: number,
  done: readonly string[] | undefined,
): QuotaEvent {
  const short = done?.map((id) => id.slice(0, 12));
  const more = {
    container_id: step.id.slice(0, 12),
    container_name: step.name,
    image: step.image,
    size_bytes: Number(step.bytes),
    new_usage: Number(plan.used),
  };
  if (step.action === 'stop') {
    return quotaEvent('docker_container_stopped', plan, name, at, { ...more, stopped_ids: [step.id.slice(0, 12)] });
  }
  return quotaEvent('docker_container_removed', plan, name, at, { ...more, ...(short && { removed_ids: short }) });
}
