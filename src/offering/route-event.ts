import type { Message } from '../events/decode.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Intake } from '../orders/intake.ts';
import type { KeyRef } from '../orders/rotate-key.ts';

export interface HearingDeps {
  readonly offering: { readonly name: string; readonly uuid: Uuid };
  readonly metrics: Pick<Metrics, 'frame'>;
  readonly intake: Pick<Intake, 'hear'>;
  /** A resource may have been paused, downscaled, moved: look at it. */
  maintain(resource: Uuid, ack: () => void): void;
  /** A consumer wants another key. */
  rotate(key: KeyRef, ack: () => void): void;
  /** Somebody in the portal wants to know what could be imported. */
  answerImports(): void;
  /** Somebody in the portal wants everything looked at now. */
  lookAtAll(): void;
}

/** What each message of the event bus is a hint for. Never waits; every frame is acknowledged in the end. */
export function createHearing(deps: HearingDeps): (message: Message, ack: () => void) => void {
  const { uuid, name } = deps.offering;
  const count = (result: Parameters<Metrics['frame']>[0]['result']): void =>
    deps.metrics.frame({ offering: name, result });

  return (message, ack) => {
    const isForeign = 'offering' in message && message.offering !== undefined && message.offering !== uuid;
    if (isForeign || message.kind === 'ignored') {
      count('ignored');
      ack();
      return;
    }
    switch (message.kind) {
      case 'malformed':
        count('malformed');
        return ack();
      case 'import':
        count('import');
        deps.answerImports();
        return ack();
      case 'sync':
        count('sync');
        deps.lookAtAll();
        return ack();
      case 'key':
        count('key');
        return deps.rotate({ resource: message.resource, key: message.key }, ack);
      case 'resource':
        count('resource');
        return deps.maintain(message.resource, ack);
      case 'order':
        count('order');
        return hearOrder(deps, message, ack);
    }
  };
}

function hearOrder(deps: HearingDeps, message: Extract<Message, { kind: 'order' }>, ack: () => void): void {
  const { order, resource, state, actionable, orderType } = message;
  // Waldur closes options orders by itself; erred ones may come back.
  const matters = actionable || state === 'erred' || (state === 'done' && orderType === 'Update');
  if (matters) deps.intake.hear({ order, resource, state }, ack);
  else ack();
}
