import type { JsonObject } from '../../lib/json.ts';
import { type Call, textOf } from '../call.ts';
import type { Resource, ResourceState } from '../model.ts';
import { demand, type Permission, seesOffering } from '../permissions.ts';
import { invalid, notFound, wrongState } from '../reply.ts';

/** A resource the caller provides. @throws Refusal 404 */
export function findProvided(call: Call): Resource {
  const resource = call.world.store.resources.get(call.uuid);
  if (resource === undefined || !seesOffering(call.user, resource.offering)) throw notFound('Resource');
  return resource;
}

/** A resource the caller may write to. @throws Refusal 404, 403, 400 */
export function writable(call: Call, permission: Permission): Resource {
  const resource = findProvided(call);
  demand(call.world.settings.profile, call.user, permission, resource.offering);
  requireAvailable(resource);
  return resource;
}

export function requireAvailable({ offering }: Resource): void {
  if (offering.state === 'Unavailable') throw invalid(['Offering is unavailable.']);
}

export function requireState(resource: Resource, states: readonly ResourceState[]): void {
  if (!states.includes(resource.state)) throw wrongState(states);
}

/** @throws Refusal 400 when the offering's rules refuse the id */
export function checkBackendId(call: Call, resource: Resource, backendId: string): void {
  const { format, taken } = backendIdProblems(call, resource.offering.backendIdRules, backendId, resource);
  if (format) throw invalid({ backend_id: ['Backend ID does not match the required format.'] });
  if (taken) throw invalid({ backend_id: ['Backend ID is not unique.'] });
}

export function backendIdProblems(
  call: Call,
  rules: JsonObject,
  backendId: string,
  own?: Resource,
): { readonly format: boolean; readonly taken: boolean } {
  const pattern = rules['format'] ?? rules['regex'];
  const format = typeof pattern === 'string' && pattern !== '' && !new RegExp(pattern).test(backendId);
  const unique = rules['uniqueness'] !== undefined || rules['unique'] === true;
  const others = call.world.store.resources.by('backendId', backendId).filter((row) => row !== own);
  return { format, taken: unique && others.some(({ state }) => state !== 'Terminated') };
}

/** A text of at most 255 characters. */
export function shortText(body: JsonObject, name: string): string {
  const text = textOf(body, name);
  if (text.length > 255) throw invalid({ [name]: ['Ensure this field has no more than 255 characters.'] });
  return text;
}
