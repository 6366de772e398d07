import { suggest } from '../../config/suggest.ts';
import { COMMANDS, GROUPS } from '../commands.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import type { Io } from '../io.ts';
import { renderManPage } from '../man.ts';
import type { Invocation } from '../parse.ts';
import { usageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  if (invocation.flags.has('man')) {
    io.stdout.write(renderManPage(VERSION));
    return EXIT.ok;
  }
  const topic = invocation.positionals.join(' ');
  const known = topic === '' || Object.hasOwn(GROUPS, topic) || COMMANDS.some(({ name }) => name === topic);
  if (!known) {
    const meant = suggest(topic, [...COMMANDS.map(({ name }) => name), ...Object.keys(GROUPS)]);
    const hint = meant === undefined ? 'agent --help shows what there is' : `did you mean ${meant}?`;
    throw usageError(`there is no command ${JSON.stringify(topic)}`, hint);
  }
  io.stdout.write(renderHelp(topic === '' ? undefined : topic, io.stdout.style, io.stdout.columns));
  return EXIT.ok;
}
