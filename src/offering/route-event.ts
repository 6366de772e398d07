import type { Message } from '../events/decode.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Intake } from '../orders/intake.ts';
import type { Upkeep } from './upkeep.ts';

export interface EventTargets {
  readonly offering: { readonly name: string; readonly uuid: Uuid };
  readonly metrics: Pick<Metrics, 'frame'>;
  readonly intake: Pick<Intake, 'hear'>;
  readonly upkeep: Pick<Upkeep, 'repair' | 'rotate' | 'answerImports' | 'wake'>;
  /** Reads all open orders now. */
  reconcile(): void;
}

/** Hands each message of the event bus to the part it is a hint for. Never waits; every frame is acknowledged once. */
export function routeEvent(targets: EventTargets, message: Message, ack: () => void): void {
  const { uuid, name } = targets.offering;
  const isForeign = 'offering' in message && message.offering !== undefined && message.offering !== uuid;
  const kind = isForeign ? 'ignored' : message.kind;
  targets.metrics.frame({ offering: name, result: kind });
  if (isForeign) ack();
  else handOn(targets, message, ack);
}

function handOn(targets: EventTargets, message: Message, ack: () => void): void {
  switch (message.kind) {
    case 'ignored':
    case 'malformed':
      ack();
      break;
    case 'import':
      targets.upkeep.answerImports();
      ack();
      break;
    case 'sync':
      targets.reconcile();
      targets.upkeep.wake();
      ack();
      break;
    case 'key':
      targets.upkeep.rotate({ resource: message.resource, key: message.key }, ack);
      break;
    case 'resource':
      targets.upkeep.repair(message.resource, ack);
      break;
    case 'order':
      routeOrder(targets, message, ack);
      break;
  }
}

function routeOrder(targets: EventTargets, message: Extract<Message, { kind: 'order' }>, ack: () => void): void {
  const { order, resource, state, actionable, orderType } = message;
  // Waldur closes options orders by itself; erred ones may come back.
  const matters = actionable || state === 'erred' || (state === 'done' && orderType === 'Update');
  if (matters) targets.intake.hear({ order, resource, state }, ack);
  else ack();
}
