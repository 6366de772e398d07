import type { OfferingConfig } from '../config/types.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import type { Waldur } from '../waldur/client.ts';
import { type ComponentChange, isDifferent, planComponents } from './components-plan.ts';

/** What is to do, or was done, for one offering; with what stopped it. */
export interface OfferingChanges {
  readonly offering: string;
  readonly changes: readonly ComponentChange[];
  readonly error?: AgentError;
}

/** Compares every offering with Waldur, and with `push` makes Waldur match. A failure ends only its own offering. */
export async function compareComponents(
  offerings: readonly OfferingConfig[],
  deps: { readonly push: boolean; waldur(offering: OfferingConfig): Waldur },
  signal: AbortSignal,
): Promise<readonly OfferingChanges[]> {
  const results: OfferingChanges[] = [];
  for (const offering of offerings) {
    const waldur = deps.waldur(offering);
    try {
      results.push(await compareOne(offering, waldur, deps.push, signal));
    } finally {
      waldur.close();
    }
  }
  return results;
}

/** How many components need a request. */
export function countDifferences(results: readonly OfferingChanges[]): number {
  return results.flatMap(({ changes }) => changes).filter(isDifferent).length;
}

export function changesToJson(results: readonly OfferingChanges[]): Json {
  return {
    version: 1,
    offerings: results.map(({ offering, changes, error }) => ({
      name: offering,
      components: changes.map((change) => ({
        type: change.type,
        change: change.kind,
        ...(change.kind === 'create' && { body: change.body }),
        ...(change.kind === 'update' && { fields: change.fields.map((field) => ({ ...field })) }),
      })),
      ...(error && { error: { code: error.code, message: error.message, hint: error.hint ?? null } }),
    })),
  };
}

async function compareOne(
  offering: OfferingConfig,
  waldur: Waldur,
  push: boolean,
  signal: AbortSignal,
): Promise<OfferingChanges> {
  const done: ComponentChange[] = [];
  try {
    const { components } = await waldur.offerings.get(offering.uuid, signal);
    for (const change of planComponents(offering.components, offering.plugin.offering, components)) {
      if (push) await send(offering, change, waldur, signal);
      done.push(change);
    }
    return { offering: offering.name, changes: done };
  } catch (error) {
    signal.throwIfAborted();
    return { offering: offering.name, changes: done, error: toAgentError(error) };
  }
}

async function send(
  offering: OfferingConfig,
  change: ComponentChange,
  waldur: Waldur,
  signal: AbortSignal,
): Promise<void> {
  if (change.kind === 'create') await waldur.offerings.createComponent(offering.uuid, change.body, signal);
  if (change.kind === 'update') await waldur.offerings.updateComponent(offering.uuid, change.body, signal);
}
