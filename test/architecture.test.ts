import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What the pipe may use of the plugin's room: shapes and pure rules. */
const PURE_OF_PLUGIN = ['plugin/attributes.ts', 'plugin/contract.ts', 'plugin/limit-rules.ts', 'plugin/naming.ts'];

/** The folders of src, and what each may import besides itself and packages. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  plugin: ['lib'],
  s3: ['lib'],
  'object-storage': ['lib'],
  waldur: ['lib'],
  sandbox: ['lib'],
  store: ['plugin/contract.ts', 'plugin/document-rules.ts', 'plugin/memory-documents.ts', 'lib'],
  config: ['plugin', 'lib'],
  events: ['waldur', 'config/types.ts', 'lib'],
  orders: ['waldur', ...PURE_OF_PLUGIN, 'config/types.ts', 'lib'],
  usage: ['waldur', 'store', ...PURE_OF_PLUGIN, 'config/types.ts', 'lib'],
  upkeep: ['orders', 'waldur', ...PURE_OF_PLUGIN, 'config/types.ts', 'lib'],
  monitor: ['lib'],
  web: ['admin', 'monitor', 'store', 'upkeep/seen-resources.ts', 'config/types.ts', 'plugin/contract.ts', 'lib'],
  offering: ['events', 'orders', 'upkeep', 'usage', 'store', 'monitor', 'waldur', 'plugin', 'config/types.ts', 'lib'],
  admin: ['orders', 'upkeep', 'usage', 'store', 'waldur', 'plugin', 'config/types.ts', 'lib'],
  daemon: ['offering', 'store', 'web', 'monitor', 'orders/slots.ts', 'waldur', 'config', 'plugin', 'lib'],
  cli: [
    'daemon',
    'web',
    'admin',
    'monitor/hindrance.ts',
    'events',
    'usage',
    'store',
    'waldur',
    'config',
    'plugin',
    'sandbox',
    's3',
    'lib',
  ],
};

/** The files that may use a package; an error or an object of one never travels further. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/client-s3': ['src/object-storage/'],
  '@aws-sdk/s3-request-presigner': ['src/object-storage/'],
  '@stomp/stompjs': ['src/events/'],
  ws: ['src/events/', 'src/sandbox/'],
  ajv: ['src/config/', 'src/plugin/'],
  axios: ['src/lib/'],
  'hash-wasm': ['src/lib/', 'plugins/'],
  'https-proxy-agent': ['src/lib/', 'src/events/'],
  libsql: ['src/store/sqlite.ts'],
  'node-cron': ['src/offering/schedule.ts', 'src/config/'],
  nodemailer: ['src/lib/', 'plugins/'],
  'openid-client': ['src/web/login/provider.ts'],
  pino: ['src/lib/log.ts'],
  'prom-client': ['src/monitor/'],
  yaml: ['src/config/', 'src/cli/', 'src/admin/new-config.ts', 'src/plugin/conformance/texts.ts'],
};

/** Packages of the page: they are built into it, so the agent does not depend on them. */
const PAGE_PACKAGES = [
  'react',
  'react-dom',
  '@mantine/core',
  '@tanstack/react-query',
  '@tanstack/react-router',
  '@tanstack/react-virtual',
  'vite',
];
const PAGE = 'src/web/page/';
/** All that the page and the server have in common: types. */
const PAGE_SHAPES = 'src/web/api/shapes.ts';

/** What only some files may do. Searched in code without comments and quoted text. */
const RESERVED: readonly { readonly what: string; readonly pattern: RegExp; readonly allowed: readonly string[] }[] = [
  { what: 'end the process', pattern: /process\.(exit|abort|kill)\(/, allowed: ['src/cli/main.ts'] },
  {
    what: 'listen to the process',
    pattern: /process\.(on|once|addListener)\(/,
    // A thread has a process object of its own.
    allowed: ['src/cli/main.ts', 'src/daemon/lifecycle.ts', 'plugins/ironbucket-local/thread/main.ts'],
  },
  { what: 'read the environment', pattern: /process\.env\b/, allowed: ['src/cli/', 'src/daemon/compose.ts'] },
  {
    what: 'read the time or wait',
    pattern:
      // A socket has a limit of its own, which is no timer of ours.
      /\bDate\.now\b|\bnew Date\(\)|(?<!\bsocket\.)\bset(Timeout|Interval)\(|\bhrtime\b|\bperformance\.now\b|AbortSignal\.timeout\(/,
    allowed: [
      'src/lib/clock.ts',
      'src/cli/',
      'src/daemon/compose.ts',
      'src/sandbox/',
      `${PAGE}now.ts`,
      `${PAGE}live.ts`,
    ],
  },
  {
    what: 'use randomness',
    pattern: /\bMath\.random\b/,
    allowed: ['src/cli/', 'src/daemon/compose.ts'],
  },
  { what: 'write to the console', pattern: /\bconsole\./, allowed: [] },
  { what: 'export a default', pattern: /\bexport default\b|\bas default\b/, allowed: [`${PAGE}vite.config.ts`] },
];

const LONGEST_FILE = 300;
const LONGEST_FUNCTION = 60;
/** Functions of src that only list short entries: one per event, per call of an API, per route. */
const TABLES = ['createRecorders', 'objectsOf', 'testRoutes'];
/** Parts of the sandbox that are still longer. This list only shrinks. */
const STILL_LONG = ['createBroker', 'createChannel', 'createEvents', 'createQueue', 'createSession'];
const PLUGIN_FILES = ['index.ts', 'settings.ts', 'errors.ts', 'observe.ts', 'apply.ts', 'usage.ts', 'check.ts'];
const PLUGIN_REST = ['sample.yaml', 'README.md', 'test'];

interface Source {
  /** Relative to the repository, `src/…` or `plugins/…`. */
  readonly path: string;
  readonly text: string;
  /** Without comments; quoted text emptied. */
  readonly code: string;
  readonly imports: readonly string[];
}

const plugins = readdirSync('plugins', { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);
const sources: readonly Source[] = [
  ...list('src'),
  ...plugins.flatMap((id) => list(`plugins/${id}`).filter((path) => !path.startsWith(`plugins/${id}/test/`))),
].map(readSource);

function list(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => `${folder}/${path}`);
}

function readSource(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const lexemes = /\/\*[\s\S]*?\*\/|\/\/.*|`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;
  const bare = text.replaceAll(lexemes, (found) => (found.startsWith('/') ? '' : found));
  const imports = namesIn(bare);
  const code = bare.replaceAll(lexemes, (found) => (found.startsWith('`') ? found : "''"));
  return { path, text, code, imports };
}

function namesIn(code: string): readonly string[] {
  return [...code.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\()'([^']+)'/g)].map(([, name = '']) => name);
}

/** Relative imports as paths of the repository. */
function ownImports(source: Source, imports = source.imports): readonly string[] {
  return imports.filter((name) => name.startsWith('.')).map((name) => normalize(join(dirname(source.path), name)));
}

function allowedFor(path: string): readonly string[] {
  const [top = '', folder = ''] = path.split('/');
  if (top === 'plugins') return [`plugins/${folder}/`, 'src/plugin/', 'src/s3/', 'src/object-storage/', 'src/lib/'];
  const others = (MAY_IMPORT[folder] ?? []).map((name) => `src/${name}${name.endsWith('.ts') ? '' : '/'}`);
  const registry = path === 'src/plugin/registry.ts' ? ['plugins/'] : [];
  return [`src/${folder}/`, ...others, ...registry];
}

/** `@scope/name/file` is of `@scope/name`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

const startsWithOneOf = (path: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => path.startsWith(prefix));

describe('imports', () => {
  it('are found at all', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap((source) => ownImports(source)).length).toBeGreaterThan(sources.length);
  });

  it('point only in the direction of the table', () => {
    const wrong = sources.flatMap((source) =>
      ownImports(source)
        .filter((target) => target !== 'package.json' && !startsWithOneOf(target, allowedFor(source.path)))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('exist, and say their extension', () => {
    const broken = sources.flatMap((source) =>
      ownImports(source)
        .filter((target) => !existsSync(target))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('come from the folders of the table only', () => {
    const folders = new Set(
      sources.filter(({ path }) => path.startsWith('src/')).map(({ path }) => path.split('/')[1]),
    );
    expect(Object.keys(MAY_IMPORT)).toEqual(expect.arrayContaining([...folders]));
  });

  it('form no circle, also of types', () => {
    const graph = new Map(sources.map((source) => [source.path, ownImports(source)]));
    expect(findCircles(graph)).toEqual([]);
  });

  it('take packages only where they belong', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
        .filter((name) => !startsWithOneOf(path, PACKAGES[name] ?? []))
        .filter((name) => !(path.startsWith(PAGE) && PAGE_PACKAGES.includes(packageOf(name))))
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('know every dependency of the package', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
    expect(Object.keys(PACKAGES).sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('keep the page and the server apart', () => {
    const wrong = sources.flatMap((source) => {
      const isPage = source.path.startsWith(PAGE);
      return ownImports(source)
        .filter((target) => target.startsWith(PAGE) !== isPage && !(isPage && target === PAGE_SHAPES))
        .map((target) => `${source.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('never reach the clock of Node by another name', () => {
    const wrong = sources.filter(({ path, imports }) => {
      const exempt = startsWithOneOf(path, ['src/lib/clock.ts', 'src/cli/', 'src/sandbox/']);
      return !exempt && imports.some((name) => /^node:(timers|perf_hooks)/.test(name));
    });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('only some files', () => {
  it.each(RESERVED)('$what', ({ pattern, allowed }) => {
    const wrong = sources.filter(({ path, code }) => !startsWithOneOf(path, allowed) && pattern.test(code));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('name a built-in plugin: the registry, and the demo and the sandbox as its users', () => {
    const quoted = new RegExp(`['"](${plugins.flatMap((id) => [id, id.replaceAll('-', '_')]).join('|')})['"]`);
    const wrong = sources.filter(({ path, text }) => path.startsWith('src/') && quoted.test(text));
    const allowed = ['src/plugin/registry.ts', 'src/cli/demo/', 'src/cli/commands.ts', 'src/cli/commands/sandbox.ts'];
    expect(wrong.map(({ path }) => path).filter((path) => !startsWithOneOf(path, allowed))).toEqual([]);
  });

  it(`are longer than ${LONGEST_FILE} lines: none`, () => {
    const long = sources.filter(({ text }) => text.split('\n').length - 1 > LONGEST_FILE);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it(`have functions over ${LONGEST_FUNCTION} lines: tables`, () => {
    const long = sources
      .filter(({ path }) => path.startsWith('src/'))
      .flatMap(({ path, text }) => longFunctions(text, LONGEST_FUNCTION).map((name) => ({ path, name })));
    const isKnown = ({ path, name }: (typeof long)[number]): boolean =>
      TABLES.includes(name) || (path.startsWith('src/sandbox/') && STILL_LONG.includes(name));
    expect(long.filter((one) => !isKnown(one))).toEqual([]);
    expect(new Set(long.map(({ name }) => name))).toEqual(new Set([...TABLES, ...STILL_LONG]));
  });

  it('are not in kebab-case: none', () => {
    expect(sources.filter(({ path }) => !/^[a-z0-9./-]+$/.test(path)).map(({ path }) => path)).toEqual([]);
  });
});

describe('plugins', () => {
  it.each(plugins)('%s has the shape of every plugin', (id) => {
    const missing = [...PLUGIN_FILES, ...PLUGIN_REST].filter((name) => !existsSync(`plugins/${id}/${name}`));
    expect(missing).toEqual([]);
  });

  it('are all in the registry', () => {
    const registry = sources.find(({ path }) => path === 'src/plugin/registry.ts');
    const registered = registry === undefined ? [] : ownImports(registry);
    for (const id of plugins) expect(registered).toContain(`plugins/${id}/index.ts`);
  });
});

describe('the search for circles', () => {
  it('finds the files of a circle, however long', () => {
    const graph = new Map([
      ['a', ['b', 'd']],
      ['b', ['c']],
      ['c', ['a', 'd']],
      ['d', []],
    ]);
    expect(findCircles(graph)).toEqual([['a', 'b', 'c']]);
  });
});

describe('the measure of functions', () => {
  const body = (lines: number): string => '  work();\n'.repeat(lines);

  it.each([
    ['declared', `export async function* long(\n  a: A,\n): B {\n${body(5)}}\n`],
    ['an arrow', `const long = (): void => {\n${body(6)}};\n`],
    ['a method of a top-level object', `const table = {\n  long: async () => {\n${body(6)}  },\n};\n`],
  ])('finds one that is %s', (_, text) => {
    expect(longFunctions(text, 7)).toEqual(['long']);
    expect(longFunctions(text, 9)).toEqual([]);
  });
});

describe('the reader of sources', () => {
  it('tells code from comments and text', () => {
    const sample = readSource('test/architecture.test.ts');
    expect(sample.imports).toEqual(['node:fs', 'node:path', 'vitest']);
    expect(sample.code).not.toContain('Searched in code');
    expect(sample.code).not.toContain('end the process');
  });
});

/**
 * The names of the outermost functions with more lines than `limit`. Goes by the layout that the formatter gives: the line
 * that closes a function begins where the line that opened it does.
 */
function longFunctions(text: string, limit: number): readonly string[] {
  const lines = text.split('\n');
  const found: string[] = [];
  for (let start = 0; start < lines.length; start++) {
    const [, indent, declared, assigned] =
      /^( *)(?:(?:export )?(?:async )?function\*? (\w+)|(?:export )?(?:const )?(\w+)(?::| =|\().*(?:=>|\{)?$)/.exec(
        lines[start] ?? '',
      ) ?? [];
    const name = declared ?? assigned;
    if (indent === undefined || name === undefined) continue;
    if (declared === undefined && !/(=>|\)) \{$/.test(lines[start] ?? '')) continue;
    const end = lines.findIndex((line, at) => at > start && line.startsWith(`${indent}}`));
    if (end < 0) continue;
    if (end - start + 1 > limit) found.push(name);
    if (declared !== undefined || end > start) start = end;
  }
  return found;
}

/** The sets of files that import each other, directly or through others (Tarjan's algorithm). */
function findCircles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];

  function visit(path: string): number {
    const own = order.size;
    order.set(path, own);
    let low = own;
    stack.push(path);
    for (const next of graph.get(path) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, order.get(next) ?? own);
    }
    if (low === own) {
      const circle = stack.splice(stack.indexOf(path)).sort();
      if (circle.length > 1) circles.push(circle);
    }
    return low;
  }

  for (const path of graph.keys()) if (!order.has(path)) visit(path);
  return circles;
}
