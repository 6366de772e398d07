import type { Json } from '../lib/json.ts';
import type { Action, Quota } from '../plugin/contract.ts';
import { failureJson } from './failure.ts';
import type { OfferingPlan } from './plan.ts';

/** Plans for programs; stable keys, amounts as decimal strings. */
export function planJson(plans: readonly OfferingPlan[]): Json {
  return {
    version: 1,
    offerings: plans.map(({ name, previews, findings, error: failure }) => ({
      name,
      error: failureJson(failure),
      orders: previews.map(({ order, kind, actions, error }) => ({
        uuid: order.uuid,
        type: kind,
        state: order.state,
        resource: order.resource,
        resource_name: order.resourceName,
        actions: actions.map(actionJson),
        error: failureJson(error),
      })),
      resources: findings.map(({ kind, resource, actions, error }) => ({
        uuid: resource.uuid,
        name: resource.name,
        account: resource.backendId,
        finding: kind,
        actions: actions.map(actionJson),
        error: failureJson(error),
      })),
    })),
  };
}

function actionJson(action: Action): Json {
  const { kind, account } = action;
  switch (action.kind) {
    case 'create-account':
      return { kind, account, quota: quotaJson(action.quota), attributes: action.attributes };
    case 'set-quota':
      return { kind, account, from: quotaJson(action.from), to: quotaJson(action.to) };
    case 'configure':
      return { kind, account, changes: action.changes.map(({ path, from, to }) => ({ path, from, to })) };
    case 'revoke-key':
      return { kind, account, access_key: action.accessKey };
    case 'delete-account':
      return { kind, account, purge: action.purge };
    case 'suspend':
    case 'resume':
    case 'issue-key':
      return { kind, account };
  }
}

function quotaJson({ bytes, objects }: Partial<Quota>): Json {
  return { bytes: bytes?.toString() ?? null, objects: objects?.toString() ?? null };
}
