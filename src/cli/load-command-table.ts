import { dirname } from 'node:path';
import { readPluginNames } from '../config/plugin-names.ts';
import { loadBuiltins, loadPlugins } from '../plugin/registry.ts';
import { type CommandTable, withPlugins } from './command-table.ts';
import type { Io } from './io.ts';
import { configFile } from './load.ts';

/** The agent's own commands with those of the built-in plugins and of the packages that the configuration names. */
export async function loadCommandTable(argv: readonly string[], io: Io): Promise<CommandTable> {
  const builtins = await loadBuiltins();
  const at = argv.findIndex((word) => word === '-c' || word === '--config');
  const inline = argv.find((word) => word.startsWith('--config='))?.slice('--config='.length);
  const file = configFile(inline ?? (at === -1 ? undefined : argv[at + 1]), io);
  let text: string;
  try {
    text = io.readFile(file).text;
  } catch {
    // Without a configuration there are no packages.
    return withPlugins(builtins);
  }
  const { packages } = readPluginNames(text);
  const { plugins } = await loadPlugins({ packages, backendTypes: [] }, dirname(file));
  return withPlugins([...builtins, ...plugins]);
}
