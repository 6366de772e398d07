#!/usr/bin/env node
import { systemClock } from '../lib/clock.ts';
import { createSecrets } from '../lib/secrets.ts';
import { ask } from './ask.ts';
import { confirm } from './confirm.ts';
import { dispatch, printError } from './dispatch.ts';
import { EXIT } from './exit-codes.ts';
import type { Io, Output } from './io.ts';
import { loadCommand } from './load-command.ts';
import { osUser } from './os-user.ts';
import { parseCommandLine } from './parse.ts';
import { readFile } from './read-file.ts';
import { createStyle, wantsColor, wantsUnicode } from './style.ts';
import { writeFile } from './write-file.ts';

/** The only file that ends the process. */

/** What still runs after a command has returned has leaked; it may not keep the process. */
const EXIT_GRACE_MS = 5_000;

const argv = process.argv.slice(2);
const controller = new AbortController();
const secrets = createSecrets();
const io: Io = {
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
  clock: systemClock,
  random: Math.random,
  user: () => osUser(process.env),
  secrets,
  confirm: (question) => confirm({ input: process.stdin, output: process.stderr }, question, controller.signal),
  ask: (question) => ask({ input: process.stdin, output: process.stderr }, question, controller.signal),
  readFile,
  writeFile,
};

process.stdout.on('error', leaveOnClosedPipe);
process.stderr.on('error', leaveOnClosedPipe);
process.on('SIGINT', () => stop('SIGINT', 130));
process.on('SIGTERM', () => stop('SIGTERM', 143));
// Without a listener Node opens its inspector, through which any local user could read secrets.
process.on('SIGUSR1', () => undefined);
process.on('unhandledRejection', (reason) => {
  printError(reason, false, io);
  process.exitCode = EXIT.bug;
  controller.abort(reason);
});
process.on('uncaughtException', (error) => {
  printError(error, false, io);
  process.exitCode = EXIT.bug;
  // The daemon listens as well, and finishes what runs.
  if (process.listenerCount('uncaughtException') === 1) process.exit();
});

const code = await dispatch(argv, io, loadCommand);
process.exitCode ??= code;
setTimeout(leaveAnyway, EXIT_GRACE_MS).unref();

function output(stream: NodeJS.WriteStream): Output {
  const color = wantsColor(process.env, stream.isTTY === true, !argv.includes('--no-color'));
  return {
    write: (text) => {
      stream.write(secrets.scrub(text));
    },
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
    style: createStyle({ color, unicode: wantsUnicode(process.env) }),
  };
}

function stop(name: 'SIGINT' | 'SIGTERM', exitCode: number): void {
  if (controller.signal.aborted) process.exit(exitCode);
  if (process.stderr.isTTY) io.stderr.write(`\n${name}: stopping; once more to stop at once\n`);
  controller.abort(new Error(`stopped by ${name}`));
}

/** `agent report | head` ends when head has seen enough, which is no failure. A daemon whose log goes nowhere is one. */
function leaveOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  const parsed = parseCommandLine(argv);
  process.exit(parsed.kind === 'command' && parsed.invocation.command === 'run' ? EXIT.failed : EXIT.ok);
}

function leaveAnyway(): void {
  io.stderr.write(`did not end by itself: ${process.getActiveResourcesInfo().join(', ')}\n`);
  process.exit(EXIT.bug);
}
