import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import type { JournalError } from '../store/journal-entry.ts';
import { journalFailure } from '../store/journal-error.ts';
import type { ApiKeysApi, ImportsApi, OrdersApi, ResourcesApi, Waldur } from '../waldur/client.ts';
import type { OfferingJournal } from './offering-journal.ts';
import type { Subject } from './repeats.ts';

export interface RecordedWaldurDeps {
  readonly journal: Pick<OfferingJournal, 'record' | 'noteRead'>;
  readonly clock: Clock;
}

interface Note {
  readonly call: string;
  readonly about: Subject;
  /** What the consumer reads. */
  readonly text?: string;
  readonly details?: JsonObject;
}

/** Makes a call, and keeps that it was made. One that the server does not know, which returns false, told nothing. */
type Tell = <T>(note: Note, signal: AbortSignal, call: () => Promise<T>) => Promise<T>;

/** Waldur, with everything that it is told of orders, resources, keys and imports kept in the journal. */
export function recordedWaldur(waldur: Waldur, { journal, clock }: RecordedWaldurDeps): Waldur {
  const tell: Tell = async ({ call, about, text, details = {} }, signal, send) => {
    const startedMs = clock.monotonicMs();
    const keep = (rest: { error?: JournalError }): void => {
      const ms = Math.round(clock.monotonicMs() - startedMs);
      journal.record(about, { kind: 'waldur', call, ...(text !== undefined && { text }), ms, details, ...rest });
    };
    try {
      const answer = await send();
      if (answer !== false) keep({});
      return answer;
    } catch (error) {
      keep({ error: journalFailure(error, signal) });
      throw error;
    }
  };
  return {
    ...waldur,
    orders: recordedOrders(waldur.orders, tell, journal),
    resources: recordedResources(waldur.resources, tell),
    apiKeys: recordedKeys(waldur.apiKeys, tell),
    imports: recordedImports(waldur.imports, tell),
  };
}

function recordedOrders(orders: OrdersApi, tell: Tell, journal: Pick<OfferingJournal, 'noteRead'>): OrdersApi {
  return {
    ...orders,
    get: async (uuid, offering, signal) => {
      const order = await orders.get(uuid, offering, signal);
      journal.noteRead(order);
      return order;
    },
    approve: (order, signal) =>
      tell({ call: 'approve', about: { order } }, signal, () => orders.approve(order, signal)),
    reject: (order, text, signal) =>
      tell({ call: 'reject', about: { order }, text }, signal, () => orders.reject(order, text, signal)),
    setDone: (order, signal) =>
      tell({ call: 'set-done', about: { order } }, signal, () => orders.setDone(order, signal)),
    setErred: (order, text, signal) =>
      tell({ call: 'set-erred', about: { order }, text }, signal, () => orders.setErred(order, text, signal)),
    setProviderInfo: (order, text, signal) =>
      tell({ call: 'tell-consumer', about: { order }, text }, signal, () =>
        orders.setProviderInfo(order, text, signal),
      ),
  };
}

function recordedResources(resources: ResourcesApi, tell: Tell): ResourcesApi {
  return {
    ...resources,
    setBackendId: (resource, backendId, signal) =>
      tell({ call: 'set-backend-id', about: { resource }, details: { backendId } }, signal, () =>
        resources.setBackendId(resource, backendId, signal),
      ),
    // The values may be credentials.
    setBackendMetadata: (resource, metadata, signal) =>
      tell({ call: 'set-metadata', about: { resource }, details: { names: Object.keys(metadata) } }, signal, () =>
        resources.setBackendMetadata(resource, metadata, signal),
      ),
    setEndpoints: (resource, endpoints, signal) =>
      tell(
        { call: 'set-endpoints', about: { resource }, details: { names: endpoints.map(({ name }) => name) } },
        signal,
        () => resources.setEndpoints(resource, endpoints, signal),
      ),
    setLimits: (resource, limits, signal) =>
      tell({ call: 'set-limits', about: { resource }, details: limits }, signal, () =>
        resources.setLimits(resource, limits, signal),
      ),
    setAsErred: (resource, text, signal) =>
      tell({ call: 'set-resource-erred', about: { resource }, text }, signal, () =>
        resources.setAsErred(resource, text, signal),
      ),
    setAsOk: (resource, signal) =>
      tell({ call: 'set-resource-ok', about: { resource } }, signal, () => resources.setAsOk(resource, signal)),
  };
}

function recordedKeys(apiKeys: ApiKeysApi, tell: Tell): ApiKeysApi {
  return {
    ...apiKeys,
    reportCreated: (resource, pair, signal) =>
      tell({ call: 'report-key', about: { resource }, details: { accessKey: pair.accessKey } }, signal, () =>
        apiKeys.reportCreated(resource, pair, signal),
      ),
    setKey: (key, pair, signal) =>
      tell({ call: 'set-key', about: {}, details: { key, accessKey: pair.accessKey } }, signal, () =>
        apiKeys.setKey(key, pair, signal),
      ),
    setErred: (key, text, signal) =>
      tell({ call: 'set-key-erred', about: {}, text, details: { key } }, signal, () =>
        apiKeys.setErred(key, text, signal),
      ),
  };
}

function recordedImports(imports: ImportsApi, tell: Tell): ImportsApi {
  return {
    ...imports,
    setDone: (request, signal) =>
      tell({ call: 'import-done', about: {}, details: { request } }, signal, () => imports.setDone(request, signal)),
    setErred: (request, text, signal) =>
      tell({ call: 'import-erred', about: {}, text, details: { request } }, signal, () =>
        imports.setErred(request, text, signal),
      ),
    offer: (account, signal) =>
      tell({ call: 'offer-import', about: {}, details: { account: account.backendId } }, signal, () =>
        imports.offer(account, signal),
      ),
  };
}
