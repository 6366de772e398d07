import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import type { State } from './state.ts';

/** Whose signature a request carries; the parent is the user behind a service account, or the caller itself. */
export interface Caller {
  readonly accessKey: string;
  readonly secret: string;
  readonly parent: string;
}

type Verdict = 'allowed' | 'denied' | 'silent';

export function mayDo(state: State, caller: Caller, action: string, resource?: string): boolean {
  return verdictOn(state, caller, action, resource) === 'allowed';
}

/** For what users may do about themselves unless a policy says otherwise. */
export function isDenied(state: State, caller: Caller, action: string): boolean {
  return verdictOn(state, caller, action) === 'denied';
}

/** What policy documents are in force for a user. */
export function policiesOf(state: State, user: string): readonly Json[] {
  return (state.mappings.get(user)?.names ?? []).flatMap((name) => state.policies.get(name)?.document ?? []);
}

/** Both that of the user and that inside the service account have to allow it. */
function verdictOn(state: State, caller: Caller, action: string, resource?: string): Verdict {
  const embedded = state.serviceAccounts.get(caller.accessKey)?.policy;
  const inner = embedded === undefined ? 'allowed' : judge([embedded], action, resource);
  if (caller.parent === state.root.accessKey) return inner;
  const outer = judge(policiesOf(state, caller.parent), action, resource);
  if (inner === 'denied' || outer === 'denied') return 'denied';
  return inner === 'allowed' && outer === 'allowed' ? 'allowed' : 'silent';
}

function judge(documents: readonly Json[], action: string, resource?: string): Verdict {
  const effects = documents.flatMap(statementsOf).filter((statement) => matches(statement, action, resource));
  if (effects.some(({ Effect: effect }) => effect === 'Deny')) return 'denied';
  return effects.length > 0 ? 'allowed' : 'silent';
}

function matches(statement: JsonObject, action: string, resource: string | undefined): boolean {
  if (!listOf(statement['Action']).some((pattern) => isLike(pattern, action))) return false;
  const resources = listOf(statement['Resource']);
  return resource === undefined || resources.length === 0 || resources.some((pattern) => isLike(pattern, resource));
}

function isLike(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

export function statementsOf(document: Json | undefined): readonly JsonObject[] {
  const statements = isJsonObject(document) ? document['Statement'] : undefined;
  return Array.isArray(statements) ? statements.filter(isJsonObject) : [];
}

export function listOf(value: Json | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}
