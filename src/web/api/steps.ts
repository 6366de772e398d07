import type { JournalEntry, JournalEvent } from '../../store/journal-entry.ts';
import { failureShape } from './failure-shape.ts';
import type { StepShape } from './shapes.ts';

/** An entry of the journal as a step of an order or a resource. */
export function stepOf({ offering, seq, at, version, event }: JournalEntry): StepShape {
  return {
    id: `${offering}:${seq}`,
    at: at.toISOString(),
    kind: event.kind,
    what: whatOf(event),
    account: 'account' in event ? event.account : null,
    text: textOf(event),
    ms: 'ms' in event ? (event.ms ?? null) : null,
    details: detailsOf(event),
    error: 'error' in event ? failureShape(event.error) : null,
    version,
  };
}

function whatOf(event: JournalEvent): string {
  switch (event.kind) {
    case 'order':
      return event.ending ?? event.stage;
    case 'backend':
      return event.action;
    case 'waldur':
      return event.call;
    case 'drift':
      return event.result;
    case 'command':
      return event.command;
    case 'lost':
      return 'lost';
  }
}

function textOf(event: JournalEvent): string | null {
  if (event.kind === 'waldur') return event.text ?? null;
  return event.kind === 'lost' ? event.reason : null;
}

function detailsOf(event: JournalEvent): StepShape['details'] {
  switch (event.kind) {
    case 'order':
      return { state: event.state };
    case 'backend':
      return { ...event.details, ...(event.changed ? {} : { changed: false }) };
    case 'waldur':
      return event.details;
    case 'drift':
      return { actions: event.actions };
    case 'command':
      return { user: event.user, source: event.source, outcome: event.outcome };
    case 'lost':
      return { count: event.count, from: event.from, to: event.to };
  }
}
