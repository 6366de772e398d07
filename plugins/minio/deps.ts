import type { PluginContext } from '../../src/plugin/contract.ts';
import { type Client, createClient } from './client.ts';
import { createKeyWatch, type KeyWatch } from './key-watch.ts';
import type { Deriver } from './madmin/deriver.ts';
import type { Settings } from './settings.ts';
import { createUsageReader, type UsageReader } from './usage-reader.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly client: Client;
  readonly usage: UsageReader;
  readonly keyWatch: KeyWatch;
}

/** Connects to nothing yet. */
export function createDeps(context: PluginContext<Settings>, deriver?: Deriver): Deps {
  const client = createClient(context, deriver);
  const usage = createUsageReader(client.admin, context.clock);
  return { ...context, client, usage, keyWatch: createKeyWatch(client.admin, context.log) };
}
