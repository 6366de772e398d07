// Changes guards and comparisons one by one, and runs the tests of that folder that import the file: a change that no test
// notices is a guard without a test. Prints those, and the share that was noticed; fails below TARGET. Source files are
// restored at once. A folder whose tests fail before anything is changed is an error: every change would seem noticed.
//
//   npm run mutants                       all folders
//   npm run mutants src/usage             one folder or file
//   MUTANTS=20 npm run mutants src/orders a sample of 20, spread over the files
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';

const TARGET = 0.85;
/** A change can make a loop endless: that is noticed, too. */
const TIMEOUT_MS = 60_000;
const SAMPLE = Number(process.env.MUTANTS ?? Number.POSITIVE_INFINITY);

/** What is mutated, and the tests that must notice. */
const ROOMS = {
  'src/orders': 'test/orders',
  'src/usage': 'test/usage',
  'src/upkeep': 'test/upkeep',
  'src/plugin': 'test/plugin',
  'src/config': 'test/config',
  'plugins/croit-s3': 'plugins/croit-s3/test',
  'plugins/ironbucket-local': 'plugins/ironbucket-local/test',
};

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
const files = Object.entries(ROOMS)
  .flatMap(([room, tests]) => list(room).map((file) => ({ file, tests })))
  .filter(({ file }) => only === undefined || file.startsWith(only));
const mutants = spread(files.flatMap(({ file, tests }) => mutate(file).map((mutant) => ({ ...mutant, file, tests }))));

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

for (const folder of new Set(mutants.map(({ tests }) => tests))) {
  if (await passes(['run', '--dir', folder])) continue;
  if (stopped) process.exit(130);
  process.stderr.write(`the tests in ${folder} fail before anything is changed\n`);
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

function list(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => path.endsWith('.ts') && !/\/test\/|\/conformance/.test(path) && statSync(path).isFile());
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

async function isNoticed({ file, from, to, tests }) {
  try {
    writeFileSync(file, to);
    return !(await passes(['related', '--run', '--passWithNoTests', '--dir', tests, file]));
  } finally {
    writeFileSync(file, from);
  }
}

/** In a process group of its own, because a worker in an endless loop does not end with its parent. */
async function passes(args) {
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
  const timer = setTimeout(kill, TIMEOUT_MS);
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
