import { type Document, isScalar, type Scalar } from 'yaml';
import { isJsonObject } from '../lib/json.ts';
import type { Secrets } from '../lib/secrets.ts';
import type { Plugin } from '../plugin/contract.ts';
import { build } from './build.ts';
import type { Diagnostic, Problem } from './diagnostic.ts';
import { MAX_ALIASES, type Place } from './list-places.ts';
import { isError, locate } from './locate.ts';
import { type Mask, maskValues, maskWords } from './mask.ts';
import type { RawConfig } from './raw.ts';
import { readYaml } from './read-yaml.ts';
import { REPLACED_VARIABLES } from './reference-keys.ts';
import { composeSchema, normalId } from './schema.ts';
import { type SubstituteDeps, substitute } from './substitute.ts';
import { survey } from './survey.ts';
import type { Config } from './types.ts';
import { createAjv, type FileView, validate } from './validate.ts';

export interface LoadInput extends SubstituteDeps {
  readonly text: string;
  /** At least those the file uses. */
  readonly plugins: readonly Plugin[];
  /** All there are, for suggestions; `plugins` when absent. */
  readonly known?: readonly Pick<Plugin, 'id' | 'aliases' | 'summary'>[];
  /** Learns every secret of the file. */
  readonly secrets: Secrets;
}

export interface Loaded {
  /** Undefined when one of the diagnostics is an error. */
  readonly config: Config | undefined;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** From the text of a configuration file to the configuration, or to everything that is wrong with it. Never throws. */
export function loadConfig(input: LoadInput): Loaded {
  const source = readYaml(input.text);
  const { document, places } = source;
  const finish = (config: Config | undefined, problems: readonly Problem[], mask: Mask): Loaded => ({
    config: problems.some(isError) ? undefined : config,
    diagnostics: locate(problems, source, mask, input),
  });
  const unread = (problems: readonly Problem[]): Loaded =>
    finish(undefined, problems, maskWords(input.text, composeSchema(input.plugins)));
  if (document === undefined) return unread(source.problems);

  const substituted = substitute(places, input);
  const data = normalise(plain(document), input.plugins);
  if (data === undefined) return unread([ALIAS_BOMB]);
  const schema = composeSchema(usedPlugins(data, input.plugins), input.known ?? input.plugins);
  const ajv = createAjv();
  const found = survey({ document, places, substitutions: substituted.values, data, schema, ajv });
  for (const secret of found.secrets) input.secrets.add(secret);
  for (const [path, text] of found.texts) replace(data, path, text);

  const scalars = new Map(places.flatMap(({ node, path }) => (isScalar(node) ? [[path, node] as const] : [])));
  const failed = failedPaths(places, substituted.values);
  const view: FileView = {
    shows: (path) => isShown(scalars.get(path), found.shown),
    source: (path) => scalars.get(path)?.source,
  };
  const invalid = validate(ajv, schema, data, view).filter(({ path }) => !failed.has(path));
  const strict = isJsonObject(data) && data['strict_secrets'] === true;
  const known = [
    ...source.problems,
    ...substituted.problems,
    ...found.problems,
    ...invalid,
    ...found.literalSecrets.map((path) => literalSecret(path, strict)),
    ...replacedVariables(input.env),
  ];
  const broken = brokenPaths(known);
  const mask = maskValues(input.text, places, found.shown);
  if (!isJsonObject(data)) return finish(undefined, known, mask);
  // Valid under the schema wherever it is not broken.
  const raw = data as unknown as RawConfig;
  const built = build({
    raw,
    plugins: input.plugins,
    readFile: input.readFile,
    broken: (path) => broken.has(path),
    secretFile: (path) => {
      const scalar = scalars.get(path);
      return scalar && substituted.values.get(scalar)?.file;
    },
  });
  return finish(built.config, [...known, ...built.problems], mask);
}

function isShown(scalar: Scalar | undefined, shown: ReadonlySet<Scalar>): boolean {
  return scalar !== undefined && shown.has(scalar);
}

/** The pointers of everything that has an error, or has one in it. */
function brokenPaths(problems: readonly Problem[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const problem of problems.filter(isError)) {
    for (let { path } = problem; !paths.has(path); path = path.slice(0, Math.max(0, path.lastIndexOf('/'))))
      paths.add(path);
  }
  return paths;
}

/** The values as JSON has them: no shared objects, nothing infinite. Undefined when aliases multiply without bound. */
export function plain(document: Document): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return JSON.parse(JSON.stringify(value ?? null)) as unknown;
  } catch {
    return undefined;
  }
}

export const ALIAS_BOMB: Problem = {
  severity: 'error',
  path: '',
  message: `the aliases stand for more than ${MAX_ALIASES} values`,
};

/** Replaces other spellings of ids, and puts empty mappings where the reference agent has them by default. */
function normalise(data: unknown, plugins: readonly Plugin[]): unknown {
  if (!isJsonObject(data) || !Array.isArray(data['offerings'])) return data;
  const offerings = data['offerings'].map((offering: unknown) => {
    if (!isJsonObject(offering)) return offering;
    const type = offering['backend_type'];
    const plugin = plugins.find(({ id, aliases = [] }) => {
      return typeof type === 'string' && [id, ...aliases].some((name) => normalId(name) === normalId(type));
    });
    const { backend_settings = {}, backend_components = {} } = offering;
    return { ...offering, backend_settings, backend_components, ...(plugin && { backend_type: plugin.id }) };
  });
  return { ...data, offerings };
}

/** @param data normalised */
function usedPlugins(data: unknown, plugins: readonly Plugin[]): readonly Plugin[] {
  const offerings: readonly unknown[] = isJsonObject(data) && Array.isArray(data['offerings']) ? data['offerings'] : [];
  const used = new Set(offerings.map((offering) => isJsonObject(offering) && offering['backend_type']));
  return plugins.filter(({ id }) => used.has(id));
}

function replace(data: unknown, path: string, value: string): void {
  const segments = path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = segments.pop();
  let parent = data;
  for (const segment of segments) parent = (parent as Record<string, unknown> | undefined)?.[segment];
  if (last !== undefined && typeof parent === 'object' && parent !== null) Object.assign(parent, { [last]: value });
}

/** What could not be resolved was told already; that its place is empty is no news. */
function failedPaths(places: readonly Place[], values: ReturnType<typeof substitute>['values']): ReadonlySet<string> {
  return new Set(places.filter(({ node }) => values.get(node as Scalar)?.failed === true).map(({ path }) => path));
}

function replacedVariables(env: LoadInput['env']): readonly Problem[] {
  return Object.entries(REPLACED_VARIABLES)
    .filter(([name]) => env[name] !== undefined)
    .map(([name, key]) => {
      const message = `the environment variable ${name} has no effect: the key "${key}" takes its place`;
      return { severity: 'warning', path: '', message };
    });
}

function literalSecret(path: string, strict: boolean): Problem {
  return {
    severity: strict ? 'error' : 'warning',
    path,
    message: 'a secret is written into the file',
    hint: `use \${file:/path}, \${credential:name} or \${env:NAME}`,
  };
}
