import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AgentError, toAgentError } from '../lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { Plugin } from './contract.ts';
import { pluginProblems } from './schema.ts';

/** What is known of a plugin without its code. */
export type PluginName = Pick<Plugin, 'id' | 'aliases' | 'summary'>;

interface Builtin extends PluginName {
  load(): Promise<Plugin>;
}

/** One entry per folder of plugins/; a test compares them. The code of a plugin is loaded when something names it. */
const BUILTIN: readonly Builtin[] = [
  {
    id: 'civo',
    aliases: ['civo-object-store'],
    summary: 'Civo object stores: a bucket of a fixed size with keys of its own',
    load: async () => (await import('../../plugins/civo/index.ts')).plugin,
  },
  {
    id: 'croit-s3',
    aliases: ['ceph-s3'],
    summary: 'S3 users of a Ceph cluster, through croit or through the Admin Ops of its RADOS Gateway',
    load: async () => (await import('../../plugins/croit-s3/index.ts')).plugin,
  },
  {
    id: 'host-quota',
    summary: 'Disk quotas of users, groups, directories and subvolumes on storage hosts',
    load: async () => (await import('../../plugins/host-quota/index.ts')).plugin,
  },
  {
    id: 'ironbucket-local',
    summary: 'S3 buckets in a local directory, in the on-disk format of IronBucket',
    load: async () => (await import('../../plugins/ironbucket-local/index.ts')).plugin,
  },
  {
    id: 'minio',
    aliases: ['rustfs'],
    summary: 'Users, buckets, quotas and keys on a MinIO server, through its admin API',
    load: async () => (await import('../../plugins/minio/index.ts')).plugin,
  },
];

/** The names of the built-in plugins. */
export const builtinNames: readonly PluginName[] = BUILTIN;

/** Returns the plugin that a `backend_type` names by id or alias; `-` and `_` are alike. */
export function findPlugin<Named extends PluginName>(
  backendType: string,
  plugins: readonly Named[],
): Named | undefined {
  const wanted = spelling(backendType);
  return plugins.find(({ id, aliases = [] }) => [id, ...aliases].some((name) => spelling(name) === wanted));
}

/** Loads all built-in plugins. */
export function loadBuiltins(): Promise<readonly Plugin[]> {
  return Promise.all(BUILTIN.map(({ load }) => load()));
}

/** What a configuration file says about plugins. */
export interface PluginReferences {
  /** npm packages named under `plugins`. */
  readonly packages: readonly string[];
  /** Values of `backend_type`, as written. */
  readonly backendTypes: readonly string[];
}

export interface LoadedPlugins {
  /** Those the configuration can use. */
  readonly plugins: readonly Plugin[];
  /** All there are, for suggestions. */
  readonly known: readonly PluginName[];
}

/**
 * Loads the built-in plugins and the npm packages that the configuration file in `baseDir` names.
 *
 * @throws AgentError operator `PLUGIN_UNUSABLE`, also when two of them claim the same name.
 */
export async function loadPlugins(references: PluginReferences, baseDir: string): Promise<LoadedPlugins> {
  const plugins = await Promise.all(named(references.backendTypes).map(({ load }) => load()));
  const known = [...builtinNames];
  for (const specifier of new Set(references.packages)) {
    const plugin = await loadExternal(specifier, baseDir, known);
    plugins.push(plugin);
    known.push(plugin);
  }
  return { plugins, known };
}

/** A reference such as `${env:BACKEND}` may stand for any of them. */
function named(backendTypes: readonly string[]): readonly Builtin[] {
  if (backendTypes.some((name) => name.includes('$'))) return BUILTIN;
  return BUILTIN.filter((builtin) => backendTypes.some((name) => findPlugin(name.trim(), [builtin]) !== undefined));
}

/**
 * Loads the npm package `specifier`, installed in a `node_modules` at or above `baseDir`, and checks what it exports as
 * `plugin` before it is used. Its names must differ from those of `others`.
 *
 * @throws AgentError operator `PLUGIN_UNUSABLE` that names the package, its file and every reason.
 */
export async function loadExternal(
  specifier: string,
  baseDir: string,
  others: readonly PluginName[] = builtinNames,
): Promise<Plugin> {
  if (!PACKAGE_NAME.test(specifier)) throw unusable(specifier, 'it is not the name of an npm package');
  const folder = await findPackage(specifier, baseDir);
  const file = join(folder, await entryOf(specifier, folder));
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    throw unusable(specifier, `${file}: ${toAgentError(error).message}`, error);
  }
  const plugin = exported(loaded, 'plugin') ?? exported(exported(loaded, 'default'), 'plugin');
  const problems = pluginProblems(plugin);
  if (problems.length > 0) throw unusable(specifier, `${file}: ${problems.join('; ')}`);
  const { id, aliases = [] } = plugin as Plugin;
  const taken = [id, ...aliases].find((name) => findPlugin(name, others) !== undefined);
  if (taken !== undefined) throw unusable(specifier, `${file}: another plugin is called "${taken}" already`);
  return plugin as Plugin;
}

/** No paths and no URLs: what runs inside the agent is installed, not pointed at. */
const PACKAGE_NAME = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;

function spelling(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

async function findPackage(specifier: string, baseDir: string): Promise<string> {
  for (let directory = baseDir; ; directory = dirname(directory)) {
    const folder = join(directory, 'node_modules', specifier);
    if ((await readText(join(folder, 'package.json'))) !== undefined) return folder;
    if (directory === dirname(directory)) {
      throw unusable(specifier, `it is not installed for ${baseDir}`);
    }
  }
}

/** `require.resolve` cannot see packages that only export modules, and `import.meta.resolve` takes no other base. */
async function entryOf(specifier: string, folder: string): Promise<string> {
  let manifest: unknown;
  try {
    manifest = JSON.parse((await readText(join(folder, 'package.json'))) ?? '');
  } catch (error) {
    throw unusable(specifier, `${join(folder, 'package.json')} is not JSON`, error);
  }
  const { exports, main } = isJsonObject(manifest) ? manifest : ({} as JsonObject);
  const entry = exports === undefined ? (main ?? 'index.js') : targetOf(exports);
  if (typeof entry !== 'string') throw unusable(specifier, `${join(folder, 'package.json')} names no module to load`);
  return entry;
}

function targetOf(exports: Json | undefined): Json | undefined {
  if (!isJsonObject(exports)) return exports;
  const condition = ['.', 'node', 'import', 'module-sync', 'default'].find((name) => name in exports);
  return condition === undefined ? undefined : targetOf(exports[condition]);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

function exported(module: unknown, name: string): unknown {
  return typeof module === 'object' && module !== null && name in module
    ? (module as Record<string, unknown>)[name]
    : undefined;
}

function unusable(specifier: string, reason: string, cause?: unknown): AgentError {
  return new AgentError(`the plugin package ${JSON.stringify(specifier)} cannot be used: ${reason}`, {
    code: 'PLUGIN_UNUSABLE',
    disposition: 'operator',
    hint: 'Install it beside the configuration file, in a version made for this agent, or take it out of "plugins".',
    cause,
  });
}
