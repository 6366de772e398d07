import type { PluginContext } from '../../src/plugin/contract.ts';
import type { Client } from './client.ts';
import { createCroit } from './croit.ts';
import { createRadosgw } from './radosgw.ts';
import type { Settings } from './settings.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly client: Client;
}

/** Connects to nothing yet. */
export function createDeps(context: PluginContext<Settings>): Deps {
  const create = { croit: createCroit, radosgw: createRadosgw }[context.settings.flavour];
  return { ...context, client: create(context) };
}
