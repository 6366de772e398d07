import type { JsonObject } from '../lib/json.ts';
import { plural } from '../lib/plural.ts';
import type { BackendEvent, CommandEvent, JournalError, JournalEvent, OrderEvent } from '../store/journal-entry.ts';

/** One event of the journal in a sentence, for a person. Texts of others in it are as they came. */
export function describeEvent(event: JournalEvent): string {
  switch (event.kind) {
    case 'order':
      return describeOrder(event);
    case 'backend':
      return describeAction(event);
    case 'waldur': {
      const said = event.text === undefined ? '' : `: ${event.text}`;
      return `told Waldur ${event.call}${said}${failure(event.error)}`;
    }
    case 'drift': {
      const due = event.actions.length === 0 ? 'the facts that Waldur has' : event.actions.join(', ');
      return `drift ${event.result} on ${event.account} (${due})${failure(event.error)}`;
    }
    case 'command':
      return describeCommand(event);
    case 'lost':
      return `${plural(event.count, 'entry', 'entries')} from ${event.from} to ${event.to} could not be written: ${event.reason}`;
  }
}

function describeOrder({ stage, type, state, name, by, ending, ms, error }: OrderEvent): string {
  const whose = by === undefined ? '' : ` by ${by}`;
  const what = `${type} order of ${JSON.stringify(name)}${whose}`;
  if (stage === 'read') return `${what} read, it is ${state}`;
  const took = ms === undefined ? '' : ` after ${ms} ms`;
  return stage === 'ended' ? `${what} ended${took}: ${ending}` : `${what} is tried again${took}${failure(error)}`;
}

function describeAction({ action, account, changed, ms, details, error }: BackendEvent): string {
  const shown = detailsOf(details);
  const what = `${action} ${account}${shown === '' ? '' : ` (${shown})`}`;
  if (error !== undefined) return what + failure(error);
  return changed ? `${what} in ${ms} ms` : `${what}: nothing to change`;
}

function describeCommand({ command, user, source, options, outcome, error }: CommandEvent): string {
  const shown = detailsOf(options);
  const what = `${user} gave the command ${command}${shown === '' ? '' : ` (${shown})`} on the ${WHERE[source]}`;
  return outcome === 'done' ? what : `${what}, which failed${failure(error)}`;
}

const WHERE = { cli: 'command line', page: 'page' } as const;

function detailsOf(details: JsonObject): string {
  return Object.entries(details)
    .map(([name, value]) =>
      value === true ? name : `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(', ');
}

function failure(error: JournalError | undefined): string {
  return error === undefined ? '' : `; failed: ${error.message} (${error.code})`;
}
