import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../config/diagnostic.ts';
import { fileError } from '../config/file-error.ts';
import { loadConfig } from '../config/load.ts';
import { readPluginNames } from '../config/plugin-names.ts';
import { renderDiagnostics } from '../config/render-diagnostics.ts';
import { findConfig } from '../config/search.ts';
import type { Config } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import { plural } from '../lib/plural.ts';
import type { Plugin } from '../plugin/contract.ts';
import { loadBuiltins, loadPlugins as loadReferenced } from '../plugin/registry.ts';
import type { Io } from './io.ts';
import type { Invocation } from './parse.ts';

/** A configuration file as it is, right or wrong. */
export interface Reading {
  /** Absolute. */
  readonly file: string;
  /** Undefined when one of the diagnostics is an error. */
  readonly config: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Finds and reads the configuration with the plugins it names. Prints nothing, so that a reload can use it, too.
 *
 * @throws AgentError `CONFIG_UNREADABLE` without a file, `PLUGIN_UNUSABLE` for an external plugin.
 */
export async function readConfiguration(invocation: Invocation, io: Io): Promise<Reading> {
  const file = configFile(invocation.values.get('config'), io);
  const text = readText(file, io);
  const plugins = await loadReferenced(readPluginNames(text), dirname(file));
  const { env, readFile, secrets } = io;
  return { file, ...loadConfig({ file, text, ...plugins, env, readFile, secrets }) };
}

/** All built-in plugins, and those the file called `--config` names when there is one. */
export async function loadPlugins(invocation: Invocation, io: Io): Promise<readonly Plugin[]> {
  const option = invocation.values.get('config');
  const builtins = await loadBuiltins();
  if (option === undefined) return builtins;
  const file = configFile(option, io);
  const { packages } = readPluginNames(readText(file, io));
  const { plugins } = await loadReferenced({ packages, backendTypes: [] }, dirname(file));
  return [...builtins, ...plugins];
}

/**
 * The configuration, for commands that cannot do without. What is wrong with it goes to stderr.
 *
 * @throws AgentError `CONFIG_INVALID` when it has errors, and as `readConfiguration`.
 */
export async function loadConfiguration(invocation: Invocation, io: Io): Promise<Config> {
  const { file, config, diagnostics } = await readConfiguration(invocation, io);
  const quiet = invocation.flags.has('quiet') && config !== undefined;
  if (!quiet) io.stderr.write(renderDiagnostics(diagnostics));
  if (config !== undefined) return config;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  throw new AgentError(`${file} has ${plural(errors, 'error')}`, {
    code: 'CONFIG_INVALID',
    disposition: 'operator',
    hint: 'nothing was changed',
  });
}

/** Where the configuration is, whether it exists or not. `option` is the value of `--config`. */
export function configFile(option: string | undefined, io: Io): string {
  const exists = (path: string): boolean => {
    try {
      io.readFile(path);
      return true;
    } catch {
      return false;
    }
  };
  return resolve(io.cwd, findConfig({ option, env: io.env, exists }));
}

function readText(file: string, io: Io): string {
  try {
    return io.readFile(file).text;
  } catch (error) {
    const { reason, hint } = fileError(error);
    throw new AgentError(`the configuration ${file} cannot be read: ${reason}`, {
      code: 'CONFIG_UNREADABLE',
      disposition: 'operator',
      hint: hint ?? 'name one with --config FILE or in WALDUR_AGENT_CONFIG; agent config init writes one',
      cause: error,
    });
  }
}
