// Changes guards and comparisons one by one, and runs the tests of that folder: a change that no test notices is a guard
// without a test. Prints those, and the share that was noticed; fails below TARGET. Source files are restored at once.
//
//   npm run mutants                       all folders
//   npm run mutants src/usage             one folder or file
//   MUTANTS=20 npm run mutants src/orders a sample of 20, spread over the files
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';

const TARGET = 0.85;
const TIMEOUT_MS = 180_000;
const SAMPLE = Number(process.env.MUTANTS ?? Number.POSITIVE_INFINITY);

/** What is mutated, and the tests that must notice. */
const ROOMS = {
  'src/orders': ['test/orders'],
  'src/usage': ['test/usage'],
  'src/upkeep': ['test/upkeep'],
  'src/plugin': ['test/plugin'],
  'src/config': ['test/config'],
  'plugins/croit-s3': ['plugins/croit-s3/test'],
  'plugins/ironbucket-local': ['plugins/ironbucket-local/test'],
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
// The file that is changed right now is restored first.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true));

let noticed = 0;
for (const [index, mutant] of mutants.entries()) {
  await new Promise(setImmediate);
  if (stopped) process.exit(130);
  const killed = isNoticed(mutant);
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
        const changed = match[0].replace(new RegExp(pattern.source), replacement);
        const to = text.slice(0, match.index) + changed + text.slice(match.index + match[0].length);
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

function isNoticed({ file, from, to, tests }) {
  try {
    writeFileSync(file, to);
    const { status } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/mutants/vitest.config.ts', '--bail', '1', ...tests],
      { stdio: 'ignore', timeout: TIMEOUT_MS },
    );
    return status !== 0;
  } finally {
    writeFileSync(file, from);
  }
}
