import type { PluginContext, Quota } from '../../src/plugin/contract.ts';
import type { Client } from './client.ts';
import { createCroit } from './croit.ts';
import { createRadosgw } from './radosgw.ts';
import type { Settings } from './settings.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly client: Client;
  /** What limits were asked for, by account: a backend that rounds them up would seem to drift from them for ever. */
  readonly asked: Map<string, Partial<Quota>>;
}

/** Connects to nothing yet. */
export function createDeps(context: PluginContext<Settings>): Deps {
  const create = { croit: createCroit, radosgw: createRadosgw }[context.settings.flavour];
  return { ...context, client: create(context), asked: new Map() };
}
