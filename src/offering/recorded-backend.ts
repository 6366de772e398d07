import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Action, Applied, Backend, JsonSchema, Quota } from '../plugin/contract.ts';
import type { JournalError } from '../store/journal-entry.ts';
import { journalFailure } from '../store/journal-error.ts';
import type { OfferingJournal } from './offering-journal.ts';

export interface RecordedBackendDeps {
  readonly journal: Pick<OfferingJournal, 'record'>;
  readonly clock: Clock;
  /** Schema of the attributes of an account: what it marks as secret is not kept. */
  readonly attributes: JsonSchema | undefined;
}

/** The backend, with everything that is done at it kept in the journal. */
export function recordedBackend(backend: Backend, { journal, clock, attributes }: RecordedBackendDeps): Backend {
  return {
    ...backend,
    apply: async (action, signal) => {
      const { kind, resource } = action;
      const startedMs = clock.monotonicMs();
      const keep = (rest: { changed: boolean; account?: string; error?: JournalError }, id = {}) =>
        journal.record(
          { resource },
          {
            kind: 'backend',
            action: kind,
            account: action.account,
            ms: Math.round(clock.monotonicMs() - startedMs),
            details: { ...detailsOf(action, attributes), ...id },
            ...rest,
          },
        );
      let applied: Applied;
      try {
        applied = await backend.apply(action, signal);
      } catch (error) {
        keep({ changed: false, error: journalFailure(error, signal) });
        throw error;
      }
      const { account = action.account, changed, credentials } = applied;
      keep({ changed, account }, credentials && { accessKey: credentials.accessKey });
      return applied;
    },
  };
}

function detailsOf(action: Action, attributes: JsonSchema | undefined): JsonObject {
  switch (action.kind) {
    case 'create-account':
      return {
        displayName: action.displayName,
        quota: shown(action.quota),
        attributes: withoutSecrets(action.attributes, attributes),
      };
    case 'set-quota':
      return { from: shown(action.from), to: shown(action.to) };
    case 'configure': {
      const open = withoutSecrets(Object.fromEntries(action.changes.map(({ path }) => [path, true])), attributes);
      return {
        changes: action.changes.map(({ path, from, to }) => (path in open ? { path, from, to } : { path })),
      };
    }
    case 'revoke-key':
      return { accessKey: action.accessKey };
    case 'delete-account':
      return { purge: action.purge };
    case 'suspend':
    case 'resume':
    case 'issue-key':
      return {};
  }
}

/** Base units as text, since they may be larger than a number can be; null is no limit. */
function shown(quota: Partial<Quota>): JsonObject {
  return Object.fromEntries(Object.entries(quota).map(([name, value]) => [name, value === null ? null : `${value}`]));
}

function withoutSecrets(attributes: JsonObject, schema: JsonSchema | undefined): JsonObject {
  const properties = (schema?.['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => properties[name]?.['x-secret'] !== true));
}
