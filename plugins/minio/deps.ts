import type { PluginContext } from '../../src/plugin/contract.ts';
import { type Client, createClient } from './client.ts';
import type { Deriver } from './madmin/deriver.ts';
import type { Settings } from './settings.ts';
import { createUsageReader, type UsageReader } from './usage-reader.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly client: Client;
  readonly usage: UsageReader;
}

/** Connects to nothing yet. */
export function createDeps(context: PluginContext<Settings>, deriver?: Deriver): Deps {
  const client = createClient(context, deriver);
  return { ...context, client, usage: createUsageReader(client.admin, context.clock) };
}
