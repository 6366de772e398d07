import type { EventState } from '../events/supervise.ts';
import type { AgentError } from '../lib/errors.ts';
import type { OfferingContext } from './context.ts';

/** Whether events arrive, for those who poll meanwhile and those who tell. */
export interface EventLink {
  connected(): boolean;
  /** Takes what the event session says of itself. True when a session was lost just now. */
  changed(state: EventState, error?: AgentError): boolean;
}

export function createEventLink({ offering, metrics, standing }: OfferingContext): EventLink {
  let connected = false;
  // It may have been hindered under an older configuration.
  if (!offering.stomp.enabled) standing.clear('events');
  return {
    connected: () => connected,
    changed: (state, error) => {
      const isLost = connected && state !== 'connected';
      connected = state === 'connected';
      metrics.stompState({ offering: offering.name, connected });
      if (connected) standing.clear('events');
      if (error !== undefined) {
        standing.hinder('events', error);
        metrics.sessionEnded({ offering: offering.name, code: error.code });
        metrics.error(error);
      }
      return isLost;
    },
  };
}
