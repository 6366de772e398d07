import type { StartOptions } from '../fakes/process.ts';

/**
 * JavaScript that runs in the agent before the agent: it numbers every effect on the world, and kills the process right
 * after one of them, before the agent hears that it happened. Effects are changes of files below `root`, programs that change
 * users or quotas and requests that were answered well, to whom ever; those that only say that the agent is there do not count.
 *
 * It does what it is told on stdin, a line each: `die N` counts from here and dies of the N-th effect, of none with 0; `age MS` lets time
 * pass. Descriptor 3 has `armed`, `effect …` and `aged`. `first` is what to die of from the start; nothing without it.
 */
export function mortal(root: string, first?: number): StartOptions {
  return { preload: `let left = ${first ?? 'Infinity'};\nconst root = ${JSON.stringify(root)};\n${SOURCE}` };
}

const SOURCE = `
import programs from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import fs, { promises, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';

const say = (text) => writeSync(3, text + '\\n');
const effect = (what) => {
  if (left === Infinity) return;
  say('effect ' + what);
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
};

let age = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + age;
process.stdin.setEncoding('utf8').on('data', (text) => {
  for (const [, word, number] of text.matchAll(/(die|age) (\\d+)\\n/g)) {
    if (word === 'age') age += Number(number);
    else left = Number(number) || Infinity;
    say(word === 'age' ? 'aged' : 'armed');
  }
}).unref();

const ours = (path) => String(path).startsWith(root);
const short = (path) => String(path).slice(root.length + 1);
for (const name of ['mkdir', 'rename', 'unlink', 'rmdir', 'rm', 'writeFile', 'link', 'symlink', 'copyFile']) {
  const change = promises[name];
  promises[name] = async (path, ...rest) => {
    const result = await change(path, ...rest);
    if (ours(path)) effect(name + ' ' + short(path));
    return result;
  };
}
const handles = new WeakMap();
const open = promises.open;
promises.open = async (path, flags, ...rest) => {
  const handle = await open(path, flags, ...rest);
  if (!ours(path)) return handle;
  handles.set(handle, short(path));
  if (typeof flags === 'string' && /[wa]/.test(flags)) effect('open ' + short(path));
  return handle;
};
const probe = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(probe);
await probe.close();
for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'truncate']) {
  const change = prototype[name];
  prototype[name] = async function (...args) {
    const result = await change.apply(this, args);
    if (handles.has(this)) effect(name + ' ' + handles.get(this));
    return result;
  };
}
/** The same of those with callbacks; files are numbers there. */
const files = new Map();
const named = (target) => (typeof target === 'number' ? files.get(target) : ours(target) ? short(target) : undefined);
for (const name of ['mkdir', 'rename', 'unlink', 'rmdir', 'rm', 'writeFile', 'write', 'writev', 'open', 'close']) {
  const change = fs[name];
  fs[name] = (target, ...rest) => {
    const done = rest.pop();
    const what = named(target);
    const isEffect = name === 'open' ? /[wa]/.test(rest[0]) : name !== 'close';
    // Before it is closed, for its number is given away again at once.
    if (name === 'close') files.delete(target);
    change(target, ...rest, (error, ...results) => {
      if (!error && what !== undefined) {
        if (name === 'open') files.set(results[0], what);
        if (isEffect) effect(name + ' ' + what);
      }
      done(error, ...results);
    });
  };
}
const spawn = programs.spawn;
programs.spawn = (program, args, ...rest) => {
  const child = spawn(program, args, ...rest);
  const name = String(program).split('/').at(-1);
  const changes = /^(useradd|userdel|groupadd|groupdel|setquota)$/.test(name) || (name === 'zfs' && args[0] === 'set');
  if (changes) child.prependListener('exit', (code) => code === 0 && effect('run ' + name));
  return child;
};
syncBuiltinESMExports();

subscribe('http.client.response.finish', ({ request, response }) => {
  const { method, path } = request;
  if (['GET', 'HEAD'].includes(method) || response.statusCode >= 300 || path.includes('site-agent')) return;
  const [where, query = ''] = path.split('?');
  // Names only: a value may be a secret.
  const names = query.split('&').map((pair) => pair.split('=')[0]).join('&');
  effect(method + ' ' + where.replace(/[0-9a-f]{32}/, ':u') + (names && '?' + names));
});
`;
