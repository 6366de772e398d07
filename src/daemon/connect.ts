import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { OfferingConfig, WaldurConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { createHttp, type HttpFactory, type HttpOutcome } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';
import { type Environment, proxyFor } from '../lib/proxy.ts';
import type { Secrets } from '../lib/secrets.ts';
import type { AccountSeen } from '../monitor/account-gauges.ts';
import { boundMetadata } from '../plugin/bound-metadata.ts';
import type { CircuitState } from '../plugin/circuit.ts';
import type { Backend, PluginContext } from '../plugin/contract.ts';
import { withGauges } from '../plugin/gauges.ts';
import { createGuards } from '../plugin/guards.ts';
import { pluginHttp } from '../plugin/http.ts';
import { type CallOutcome, instrument } from '../plugin/instrument.ts';
import { protect } from '../plugin/protect.ts';
import { pluginDocuments } from '../store/remembered.ts';
import type { Store } from '../store/store.ts';
import type { Waldur } from '../waldur/client.ts';
import { createWaldur } from '../waldur/create-client.ts';

export interface ConnectDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** For the proxy variables. */
  readonly env: Environment;
  /** Learns the secrets that are read again. */
  readonly secrets: Secrets;
  /** Requests to one peer at once. */
  readonly concurrency: number;
  /** Of the documents of plugins; opened before the first backend is made. */
  store(): Store;
  readonly metrics: ConnectMetrics;
}

/** What is measured of the requests to both peers. */
export interface ConnectMetrics {
  waldurRequest(outcome: HttpOutcome): void;
  backendRequest(outcome: CallOutcome & { readonly plugin: string }): void;
  /** A request that a plugin made by itself. */
  pluginRequest(outcome: HttpOutcome & { readonly plugin: string }): void;
  accountSeen(seen: AccountSeen): void;
}

/** The two peers of an offering. No request is made yet. */
export interface Connect {
  waldur(config: WaldurConfig): Waldur;
  /** `onCircuit` is called when the backend is no longer called, and when it is again. */
  backend(offering: OfferingConfig, onCircuit?: (state: CircuitState) => void): Backend;
  /** What the plugin of the offering may touch. */
  context(offering: OfferingConfig): PluginContext<unknown>;
}

const PART_CHANGED = 'a part of the backend is not called for a while, or is called again';

export function createConnect(deps: ConnectDeps): Connect {
  const { clock, env, version } = deps;
  const guards = createGuards(clock);
  const create: HttpFactory = (options) => createHttp({ maxSockets: deps.concurrency, ...options }, { clock, env });
  const context = ({ plugin, name, uuid, settings, ...offering }: OfferingConfig): PluginContext<unknown> => ({
    settings,
    common: { onTerminate: offering.onTerminate, metering: offering.metering, credentials: offering.credentials },
    log: deps.log.child({ component: `plugin:${plugin.id}`, offering: name }),
    http: pluginHttp({
      create,
      userAgent: `waldur-storage-agent/${version}`,
      observe: (outcome) => deps.metrics.pluginRequest({ ...outcome, plugin: plugin.id }),
    }),
    proxy: (url) => proxyFor(url, 'env', env),
    clock,
    store: pluginDocuments(deps.store(), uuid),
    random: (bytes) => randomBytes(bytes),
  });
  return {
    waldur: (config) =>
      createWaldur(config, {
        clock,
        http: create,
        mode: 'event_process',
        version,
        observe: deps.metrics.waldurRequest,
        readSecret: (file) => readSecret(file, deps.secrets),
      }),
    backend: (offering, onChange = () => undefined) => {
      const { plugin, name } = offering;
      const backend = plugin.create(context(offering));
      const observe = (outcome: CallOutcome): void => deps.metrics.backendRequest({ ...outcome, plugin: plugin.id });
      const timed = instrument(backend, { plugin: plugin.id, offering: name, clock, observe });
      const measured = withGauges(timed, (account, gauges) => {
        if (plugin.gauges !== undefined) deps.metrics.accountSeen({ offering: name, account, gauges });
      });
      const physical = plugin.shares?.(offering.settings) ?? `offering ${offering.uuid}`;
      const lease = guards.lease(`${plugin.id} ${physical}`, {
        offering: name,
        limits: offering.backendLimits,
        onChange: (state, part) => {
          if (part === '') onChange(state);
          else if (state.kind !== 'probing') deps.log.warn({ offering: name, part, state: state.kind }, PART_CHANGED);
        },
      });
      return boundMetadata(protect(measured, lease), deps.log.child({ offering: name }));
    },
    context,
  };
}

async function readSecret(file: string, secrets: Secrets): Promise<string> {
  const text = (await readFile(file, 'utf8')).trim();
  if (text !== '') secrets.add(text);
  return text;
}
