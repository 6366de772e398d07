import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAgentError } from '../../src/lib/errors.ts';
import { builtinNames, findPlugin, loadExternal, loadPlugins } from '../../src/plugin/registry.ts';
import { pluginProblems } from '../../src/plugin/schema.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';

const here = dirname(fileURLToPath(import.meta.url));
const memory = join(here, 'fixtures/waldur-plugin-memory');

describe('built-in plugins', () => {
  it('are the folders of plugins/', async () => {
    const entries = await readdir(join(here, '../../plugins'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(builtinPlugins.map(({ id }) => id).sort()).toEqual(folders.sort());
  });

  it.each(builtinPlugins.map((plugin) => [plugin.id, plugin] as const))('%s is a usable plugin', (_, plugin) => {
    expect(pluginProblems(plugin)).toEqual([]);
  });

  it('have the names that are known before they are loaded', () => {
    const names = builtinPlugins.map(({ id, aliases = [], summary }) => ({ id, aliases, summary }));
    expect(builtinNames.map(({ id, aliases = [], summary }) => ({ id, aliases, summary }))).toEqual(names);
  });

  it.each([
    [[], []],
    [['ironbucket_local'], ['ironbucket-local']],
    [['CEPH_S3', 'croit-s3', 'slurm'], ['croit-s3']],
    [['${env:BACKEND}'], builtinNames.map(({ id }) => id)],
  ])('of the backend types %j are %j loaded', async (backendTypes, ids) => {
    const { plugins, known } = await loadPlugins({ packages: [], backendTypes }, '/');
    expect(plugins.map(({ id }) => id)).toEqual(ids);
    expect(known).toEqual(builtinNames);
  });

  it('are found by id and alias in any spelling', () => {
    expect(findPlugin('ironbucket-local', builtinNames)?.id).toBe('ironbucket-local');
    expect(findPlugin('Ironbucket_Local', builtinNames)?.id).toBe('ironbucket-local');
    expect(findPlugin('croit_s3', builtinNames)?.id).toBe('croit-s3');
    expect(findPlugin('ceph_s3', builtinNames)?.id).toBe('croit-s3');
    expect(findPlugin('ironbucket', builtinNames)).toBeUndefined();
    expect(findPlugin('', builtinNames)).toBeUndefined();
  });
});

describe('external plugins', () => {
  let site: string;
  beforeEach(async () => {
    site = await mkdtemp(join(tmpdir(), 'agent-site-'));
    await mkdir(join(site, 'etc'));
    await mkdir(join(site, 'node_modules/@site'), { recursive: true });
    await symlink(memory, join(site, 'node_modules/waldur-plugin-memory'));
  });
  afterEach(() => rm(site, { recursive: true }));

  it('are loaded from node_modules at or above the configuration file', async () => {
    const { plugins, known } = await load(['waldur-plugin-memory', 'waldur-plugin-memory'], join(site, 'etc'));
    expect(plugins).toHaveLength(1);
    expect(known).toHaveLength(builtinNames.length + 1);
    expect(findPlugin('memory', plugins)?.summary).toBe('Accounts in memory');
    expect(findPlugin('RAM', plugins)?.id).toBe('memory');
  });

  it('have names of their own', async () => {
    await install(
      'twin',
      { exports: './index.mjs' },
      'index.mjs',
      `export { plugin } from '${join(memory, 'index.js')}'`,
    );
    await expect(load(['waldur-plugin-memory', 'twin'], site)).rejects.toThrow('another plugin is called "memory"');
  });

  it('carry their own error class, which the agent understands', async () => {
    const plugin = await loadExternal('waldur-plugin-memory', site);
    const backend = plugin.create({ settings: { server: 'own class' } } as Parameters<typeof plugin.create>[0]);
    const action = { kind: 'suspend', account: 'nobody', resource: '' } as const;
    const error = await backend.apply(action, new AbortController().signal).catch((reason: unknown) => reason);
    expect(isAgentError(error) && error.code).toBe('MEMORY_GONE');
  });

  it.each([
    ['module.exports = { plugin: require("./real.cjs") }', 'index.cjs', { main: 'index.cjs' }],
    ['module.exports = { plugin: require("./real.cjs") }', 'index.js', {}],
    ['export { plugin } from "./real.mjs"', 'lib/index.mjs', { exports: './lib/index.mjs' }],
    [
      'export { plugin } from "./real.mjs"',
      'index.mjs',
      { exports: { node: { require: './no.cjs', default: './index.mjs' } } },
    ],
  ])('%s in %s', async (code, file, manifest) => {
    await install('@site/other', manifest, file, code);
    await symlink(join(memory, 'index.js'), join(site, 'node_modules/@site/other', dirname(file), 'real.mjs'));
    const cjs = 'module.exports = { ...require("./real.mjs").plugin }';
    await writeFile(join(site, 'node_modules/@site/other', dirname(file), 'real.cjs'), cjs);
    expect((await loadExternal('@site/other', site)).id).toBe('memory');
  });

  it.each([
    ['nothing exported', 'export const other = 1', 'exports no object named "plugin"'],
    ['another API version', with_('apiVersion: 1'), 'made for API version 1, not 2'],
    ['a bad id', with_('id: "Memory Plugin"'), '"id" is not a short lower-case name'],
    ['the id of a built-in plugin', with_('id: "ironbucket_local"'), 'another plugin is called "ironbucket_local"'],
    ['an alias of a built-in plugin', with_('aliases: ["ironbucket-local"]'), 'another plugin is called'],
    ['an alias that is no list', with_('aliases: "memory"'), '"aliases" is not a list of names'],
    ['problems that are no function', with_('problems: []'), '"problems" is not a function'],
    ['a gauge that is no name', with_('gauges: { "Size": "x" }'), '"gauges" is not an object of lower-case names'],
    ['a gauge named like a counter', with_('gauges: { size_total: "x" }'), '"gauges" is not an object'],
    ['no create', with_('create: undefined'), '"create" is not a function'],
    ['an open schema', with_('settings: { type: "object" }'), '"additionalProperties": false'],
    ['a word ajv does not know', with_(schema('{ a: { type: "string", secret: true } }')), 'unknown keyword: "secret"'],
    ['a type that does not exist', with_(schema('{ a: { type: "text" } }')), '"settings" is not a valid schema'],
    ['a setting of the core', with_(schema('{ metering: { type: "string" } }')), 'must not have "metering"'],
    [
      'bad names',
      with_('naming: () => ({ prefix: "../", separator: "_", filler: "_", maxLength: 64 })'),
      'prefix "../"',
    ],
    ['naming without defaults', with_('naming: (s) => s.required.value'), '"naming" fails with default settings'],
    ['code that throws', 'throw new Error("no such library")', 'no such library'],
    ['a syntax error', 'export const = 1', 'index.mjs'],
  ])('refuses %s', async (_, code, reason) => {
    await install('bad', { exports: './index.mjs' }, 'index.mjs', code.replace('MEMORY', join(memory, 'index.js')));
    const refusal = load(['bad'], site);
    await expect(refusal).rejects.toMatchObject({ code: 'PLUGIN_UNUSABLE', disposition: 'operator' });
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.toThrow('the plugin package "bad" cannot be used');
  });

  it.each([
    ['missing-package', 'it is not installed for'],
    ['../escape', 'not the name of an npm package'],
    ['/etc/passwd', 'not the name of an npm package'],
    ['file:///tmp/x.js', 'not the name of an npm package'],
    ['', 'not the name of an npm package'],
  ])('refuses the name %j', async (name, reason) => {
    await expect(loadExternal(name, site)).rejects.toThrow(reason);
  });

  it.each([
    ['{', 'is not JSON'],
    ['{"exports":{"require":"./x.cjs"}}', 'names no module to load'],
  ])('refuses the package.json %s', async (manifest, reason) => {
    await mkdir(join(site, 'node_modules/bad'));
    await writeFile(join(site, 'node_modules/bad/package.json'), manifest);
    await expect(loadExternal('bad', site)).rejects.toThrow(reason);
  });

  async function install(name: string, manifest: object, file: string, code: string): Promise<void> {
    const folder = join(site, 'node_modules', name);
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, file), code);
  }
});

function load(packages: readonly string[], baseDir: string): ReturnType<typeof loadPlugins> {
  return loadPlugins({ packages, backendTypes: [] }, baseDir);
}

function with_(change: string): string {
  return `import { plugin as memory } from 'MEMORY'; export const plugin = { ...memory, ${change} };`;
}

function schema(properties: string): string {
  return `settings: { type: 'object', additionalProperties: false, properties: ${properties} }`;
}
