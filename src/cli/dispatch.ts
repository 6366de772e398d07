import { toAgentError } from '../lib/errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { renderHelp } from './help.ts';
import { type CommandModule, type Io, writeJson } from './io.ts';
import { type Invocation, parseCommandLine } from './parse.ts';

/** From the command line to the exit code; never throws. `load` finds the module of a command. */
export async function dispatch(
  argv: readonly string[],
  io: Io,
  load: (command: string) => Promise<CommandModule>,
): Promise<ExitCode> {
  const parsed = parseCommandLine(argv);
  switch (parsed.kind) {
    case 'version':
      await printVersion(argv.includes('--json'), io);
      return EXIT.ok;
    case 'help':
      io.stdout.write(renderHelp(parsed.topic, io.stdout.style, io.stdout.columns));
      return EXIT.ok;
    case 'error':
      if (argv.includes('--json'))
        writeJson(io.stdout, { error: { code: 'USAGE', message: parsed.message, hint: parsed.hint } });
      else io.stderr.write(`${io.stderr.style.red('error:')} ${parsed.message}\n${io.stderr.style.dim(parsed.hint)}\n`);
      return EXIT.usage;
    case 'command':
      return execute(parsed.invocation, io, load);
  }
}

/** Loaded when it is asked for: the registry of plugins costs other commands nothing. */
async function printVersion(json: boolean, io: Io): Promise<void> {
  const { describeVersion, renderVersion } = await import('./describe-version.ts');
  const info = describeVersion(io.env);
  if (json) writeJson(io.stdout, info);
  else io.stdout.write(renderVersion(info));
}

async function execute(
  invocation: Invocation,
  io: Io,
  load: (command: string) => Promise<CommandModule>,
): Promise<ExitCode> {
  try {
    const command = await load(invocation.command);
    return await command.run(invocation, io);
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted;
    printError(error, invocation.flags.has('json'), io);
    return exitCodeOf(error);
  }
}

/** One failure for a person, or as the JSON document the command would have printed. */
export function printError(thrown: unknown, json: boolean, io: Io): void {
  const error = toAgentError(thrown);
  const { code, message, hint } = error;
  if (json) {
    writeJson(io.stdout, { error: { code, message, hint } });
    return;
  }
  const { style } = io.stderr;
  io.stderr.write(`${style.red('error:')} ${message} ${style.dim(`(${code})`)}\n`);
  if (hint !== undefined) io.stderr.write(`  ${hint}\n`);
  if (error.disposition === 'bug' && thrown instanceof Error) io.stderr.write(`${style.dim(thrown.stack ?? '')}\n`);
}
