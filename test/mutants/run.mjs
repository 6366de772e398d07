// Changes guards and comparisons one by one, and runs the tests that import the file: those of its folder, or of a plugin's
// pure file only those that import it directly. A change that no test notices is a guard without a test. Prints those, and
// the share that was noticed; fails below TARGET. Source files are restored at once. Tests that fail before anything is
// changed are an error: every change would seem noticed.
//
//   npm run mutants                       everything
//   npm run mutants src/usage             one folder or file
//   MUTANTS=20 npm run mutants src/orders a sample of 20, spread over the files
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TARGET = 0.85;
/** A change can make a loop endless: that is noticed, too. */
const TIMEOUT_MS = 60_000;
/** All tests of a folder, on a machine that does other things as well. */
const BASELINE_MS = 600_000;
const SAMPLE = Number(process.env.MUTANTS ?? Number.POSITIVE_INFINITY);

/** Folders that are mutated, and the tests that must notice. */
const ROOMS = {
  'src/orders': 'test/orders',
  'src/usage': 'test/usage',
  'src/upkeep': 'test/upkeep',
  'src/plugin': 'test/plugin',
  'src/config': 'test/config',
};
const PURE = readFileSync(new URL('pure-files.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(Boolean);

/** Kept small on purpose: each is a mistake that people make. */
const OPERATORS = [
  [
    'a guard that never holds',
    /\bif \(([^()]*(?:\([^()]*\)[^()]*)*)\) (?=return|throw|continue)/g,
    'if (false && ($1)) ',
  ],
  ['=== for !==', / !== /g, ' === '],
  ['!== for ===', / === /g, ' !== '],
  ['<= for <', / < (?=[\w(])/g, ' <= '],
  ['>= for >', / > (?=[\w(])/g, ' >= '],
  ['|| for &&', / && /g, ' || '],
  ['&& for ||', / \|\| /g, ' && '],
  ['the left of ??', / \?\? [\w.'"[\]{}()]+(?=[;,)])/g, ''],
];

const only = process.argv[2];
const files = [
  ...Object.entries(ROOMS).flatMap(([room, tests]) =>
    list(room).map((file) => ({
      file,
      all: ['run', '--dir', tests],
      own: ['related', '--run', '--passWithNoTests', '--dir', tests, file],
    })),
  ),
  ...PURE.map((file) => ({ file, all: ['run', ...directTests(file)], own: ['run', ...directTests(file)] })),
].filter(({ file }) => only === undefined || file.startsWith(only));
const mutants = spread(files.flatMap((target) => mutate(target.file).map((mutant) => ({ ...mutant, ...target }))));

let stopped = false;
/** Of the run of vitest. */
let group;
// The file that is changed right now is restored first.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stopped = true;
    kill();
  });
}

for (const run of new Set(mutants.map(({ all }) => all.join(' ')))) {
  if (await passes(run.split(' '), BASELINE_MS)) continue;
  if (stopped) process.exit(130);
  process.stderr.write(`vitest ${run} fails before anything is changed\n`);
  process.exit(2);
}

let noticed = 0;
for (const [index, mutant] of mutants.entries()) {
  const killed = await isNoticed(mutant);
  if (stopped) process.exit(130);
  if (killed) noticed++;
  const { file, line, what } = mutant;
  if (!killed) process.stdout.write(`survived  ${file}:${line}  ${what}\n`);
  else if (process.stdout.isTTY) process.stderr.write(`\r${index + 1} of ${mutants.length}`);
}
const score = mutants.length === 0 ? 1 : noticed / mutants.length;
process.stdout.write(`${noticed} of ${mutants.length} noticed: ${(score * 100).toFixed(0)} %\n`);
if (score < TARGET) process.exitCode = 1;

function list(folder, name = /^(?!.*\/conformance).*\.ts$/) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => name.test(path) && statSync(path).isFile());
}

/** Of the plugin of `file`, those that import it. @throws Error for a file without any */
function directTests(file) {
  const tests = list(`${file.split('/').slice(0, 2).join('/')}/test`, /\.test\.ts$/);
  const found = tests.filter((test) => {
    const imports = readFileSync(test, 'utf8').matchAll(/from '(\.[^']+)'/g);
    return [...imports].some(([, path]) => join(dirname(test), path) === file);
  });
  if (found.length === 0) throw new Error(`no test imports ${file}`);
  return found;
}

function mutate(file) {
  const text = readFileSync(file, 'utf8');
  return OPERATORS.flatMap(([what, pattern, replacement]) =>
    [...text.matchAll(pattern)]
      .filter((match) => isCode(text, match.index))
      .map((match) => {
        // In its place, since some patterns look at what follows.
        const here = new RegExp(pattern.source, 'y');
        here.lastIndex = match.index;
        const to = text.replace(here, replacement);
        return { what, line: text.slice(0, match.index).split('\n').length, from: text, to };
      }),
  );
}

/** Not in a comment, a type or an import. */
function isCode(text, at) {
  const line = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at)).trim();
  return !/^(\/\/|\*|\/\*|import |export type|type |\| )/.test(line) && !line.startsWith('readonly ');
}

/** Every n-th, so that a sample sees every file. */
function spread(all) {
  const step = Math.max(1, all.length / SAMPLE);
  return all.length <= SAMPLE ? all : Array.from({ length: SAMPLE }, (_, index) => all[Math.floor(index * step)]);
}

async function isNoticed({ file, from, to, own }) {
  try {
    writeFileSync(file, to);
    return !(await passes(own));
  } finally {
    writeFileSync(file, from);
  }
}

/** In a process group of its own, because a worker in an endless loop does not end with its parent. */
async function passes(args, timeoutMs = TIMEOUT_MS) {
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    ...args,
    '--config',
    'test/mutants/vitest.config.ts',
    '--bail',
    '1',
  ];
  const child = spawn(process.execPath, vitest, { stdio: 'ignore', detached: true });
  group = child.pid;
  const timer = setTimeout(kill, timeoutMs);
  const [status] = await once(child, 'exit');
  clearTimeout(timer);
  kill();
  return status === 0;
}

function kill() {
  if (group === undefined) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
