import { suggest } from '../../config/suggest.ts';
import type { CommandTable } from '../command-table.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import type { Io } from '../io.ts';
import { renderManPage } from '../man.ts';
import type { Invocation } from '../parse.ts';
import { usageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';

export async function run(invocation: Invocation, io: Io, table: CommandTable): Promise<ExitCode> {
  if (invocation.flags.has('man')) {
    io.stdout.write(renderManPage(VERSION, table));
    return EXIT.ok;
  }
  const { commands, groups } = table;
  const topic = invocation.positionals.join(' ');
  const known = topic === '' || Object.hasOwn(groups, topic) || commands.some(({ name }) => name === topic);
  if (!known) {
    const meant = suggest(topic, [...commands.map(({ name }) => name), ...Object.keys(groups)]);
    const hint = meant === undefined ? 'agent --help shows what there is' : `did you mean ${meant}?`;
    throw usageError(`there is no command ${JSON.stringify(topic)}`, hint);
  }
  io.stdout.write(renderHelp(topic === '' ? undefined : topic, io.stdout.style, io.stdout.columns, table));
  return EXIT.ok;
}
