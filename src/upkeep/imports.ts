import type { OfferingConfig } from '../config/types.ts';
import { AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { consumerText } from '../orders/consumer-text.ts';
import type { Backend, Found } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { ProjectRef } from '../waldur/types.ts';
import { projectByName } from './projects.ts';

export interface ImportDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly log: Log;
}

/**
 * Fulfils every open request for what could be imported: with the accounts that carry no stamp, are in no resource of
 * Waldur, and whose name says which project they are of. A request that was begun by an agent that died goes on.
 *
 * @throws AgentError for outages: the request stays open, and the next pass answers it.
 */
export async function answerImports(deps: ImportDeps, signal: AbortSignal): Promise<void> {
  const { waldur, offering } = deps;
  for (const request of (await waldur.imports.requests(offering.uuid, signal)) ?? []) {
    const log = deps.log.child({ request: request.uuid });
    if (request.state === 'Sent') await waldur.imports.startProcessing(request.uuid, signal);
    try {
      await offerAccounts({ ...deps, log }, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toAgentError(thrown);
      if (error.disposition !== 'terminal') throw error;
      log.warn({ err: error }, 'the import request cannot be answered');
      await waldur.imports.setErred(request.uuid, consumerText(error), signal);
      continue;
    }
    await waldur.imports.setDone(request.uuid, signal);
  }
}

async function offerAccounts({ offering, waldur, backend, log }: ImportDeps, signal: AbortSignal): Promise<void> {
  const names = await unstampedNames(backend, signal);
  const taken = new Set(await waldur.imports.offered(offering.uuid, signal));
  const projects: ProjectRef[] = [...(await waldur.imports.projects(signal))];
  // Providers do not see every project of their customers; those that have bought something are in its resources.
  const states = ['Creating', 'OK', 'Erred', 'Updating', 'Terminating'] as const;
  for await (const resource of waldur.resources.list({ offering: offering.uuid, states }, signal)) {
    taken.add(resource.backendId);
    const { project, projectSlug: slug, customerSlug } = resource;
    if (project !== undefined) projects.push({ uuid: project, slug, customerSlug });
  }
  const projectOf = projectByName(offering, projects);
  const wanted = new Map<string, Uuid>();
  for (const name of names) {
    const project = taken.has(name) ? undefined : projectOf(name);
    if (project !== undefined) wanted.set(name, project);
  }
  let offered = 0;
  let refusal: AgentError | undefined;
  for await (const account of observeAll(backend, [...wanted.keys()], signal)) {
    const project = wanted.get(account.account);
    if (project === undefined) continue;
    try {
      const { account: backendId } = account;
      const limits = limitsOf(offering, account);
      await waldur.imports.offer({ name: backendId, project, offering: offering.uuid, backendId, limits }, signal);
      offered++;
    } catch (thrown) {
      const error = toAgentError(thrown);
      if (error.disposition !== 'terminal') throw error;
      log.warn({ err: error, account: account.account }, 'the account could not be offered for import');
      refusal = error;
    }
  }
  if (refusal !== undefined && offered === 0) throw refusal;
  log.info({ unstamped: names.length, offered }, 'import request answered');
}

/** @throws AgentError terminal `IMPORT_UNSUPPORTED` for a backend that cannot tell. */
async function unstampedNames(backend: Backend, signal: AbortSignal): Promise<readonly string[]> {
  if (backend.unstamped === undefined) {
    throw new AgentError('This storage cannot list the accounts that were not made by the agent.', {
      code: 'IMPORT_UNSUPPORTED',
      disposition: 'terminal',
      hint: 'Its accounts cannot be imported.',
    });
  }
  const names: string[] = [];
  for await (const name of backend.unstamped(signal)) names.push(name);
  return names;
}

const PAGE = 100;

/** Those that are still there and still without a stamp. */
async function* observeAll(backend: Backend, names: readonly string[], signal: AbortSignal): AsyncGenerator<Found> {
  for (let start = 0; start < names.length; start += PAGE) {
    const page = names.slice(start, start + PAGE).map((account) => ({ account }));
    for await (const observed of backend.observe(page, signal)) {
      if (observed.state === 'found' && observed.resource === undefined) yield observed;
    }
  }
}

/** In whole units of Waldur, rounded up: an import must not cut what there is. */
function limitsOf({ components, plugin }: OfferingConfig, { quota }: Found): JsonObject {
  const limits: Record<string, number> = {};
  for (const { type, backendName, unitFactor } of components) {
    const ability = plugin.components[backendName];
    const limit = ability === undefined || ability.limit === false ? null : quota[ability.unit];
    if (limit !== null) limits[type] = Math.ceil(Number(limit) / unitFactor);
  }
  return limits;
}
