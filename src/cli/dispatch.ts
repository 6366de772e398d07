import { toAgentError } from '../lib/errors.ts';
import { type CommandTable, OWN_TABLE } from './command-table.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { renderHelp } from './help.ts';
import { type CommandModule, type Io, writeJson } from './io.ts';
import { type Invocation, type Parsed, parseCommandLine } from './parse.ts';
import { runPluginCommand } from './run-plugin-command.ts';

/** From the command line to the exit code; never throws. `load` finds the module of a command. */
export async function dispatch(
  argv: readonly string[],
  io: Io,
  load: (command: string) => Promise<CommandModule>,
): Promise<ExitCode> {
  const { parsed, table } = await understand(argv, io);
  switch (parsed.kind) {
    case 'version':
      await printVersion(argv.includes('--json'), io);
      return EXIT.ok;
    case 'help':
      io.stdout.write(renderHelp(parsed.topic, io.stdout.style, io.stdout.columns, table));
      return EXIT.ok;
    case 'error':
      if (argv.includes('--json'))
        writeJson(io.stdout, { error: { code: 'USAGE', message: parsed.message, hint: parsed.hint } });
      else io.stderr.write(`${io.stderr.style.red('error:')} ${parsed.message}\n${io.stderr.style.dim(parsed.hint)}\n`);
      return EXIT.usage;
    case 'command':
      return execute(parsed.invocation, io, table, load);
  }
}

/** What the words mean. The code of plugins is loaded only where the agent's own table does not suffice. */
async function understand(
  argv: readonly string[],
  io: Io,
): Promise<{ readonly parsed: Parsed; readonly table: CommandTable }> {
  const own = { parsed: parseCommandLine(argv), table: OWN_TABLE };
  if (!wantsPlugins(own.parsed)) return own;
  try {
    const { loadCommandTable } = await import('./load-command-table.ts');
    const table = await loadCommandTable(argv, io);
    return { parsed: parseCommandLine(argv, table), table };
  } catch (error) {
    // A plugin that cannot be loaded must not hide the agent's own commands.
    printError(error, false, io);
    return own;
  }
}

function wantsPlugins(parsed: Parsed): boolean {
  switch (parsed.kind) {
    case 'error':
      return parsed.unknown === true;
    case 'help':
      return parsed.topic === undefined;
    case 'command':
      return parsed.invocation.command === 'help' || parsed.invocation.command === '__complete';
    case 'version':
      return false;
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
  table: CommandTable,
  load: (command: string) => Promise<CommandModule>,
): Promise<ExitCode> {
  try {
    const origin = table.plugins.get(invocation.command);
    if (origin !== undefined) return await runPluginCommand(origin, invocation, io);
    const command = await load(invocation.command);
    return await command.run(invocation, io, table);
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
