import type { Config } from '../config/types.ts';
import { toAgentError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { CommandEvent } from '../store/journal-entry.ts';
import { journalError } from '../store/journal-error.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { openJournal } from './open-journal.ts';
import type { Invocation } from './parse.ts';

/** A command that may change something, and the offerings that it is about. */
export interface RecordedCommand {
  readonly invocation: Invocation;
  readonly config: Config;
  readonly offerings: readonly { readonly uuid: string }[];
}

/**
 * Runs a command, and keeps in the journal of the agent who gave it and whether it was done.
 *
 * @param command asked afterwards; undefined when it came to nothing that concerns an offering
 */
export async function recorded(
  command: () => RecordedCommand | undefined,
  io: Io,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    const code = await work();
    const isDone = code === EXIT.ok || code === EXIT.differences;
    await keep(command(), io, { outcome: isDone ? 'done' : 'failed' });
    return code;
  } catch (thrown) {
    await keep(command(), io, { outcome: 'failed', error: journalError(toAgentError(thrown)) });
    throw thrown;
  }
}

/** A journal that cannot be written must not change what the command came to. */
async function keep(
  about: RecordedCommand | undefined,
  io: Io,
  outcome: Pick<CommandEvent, 'outcome' | 'error'>,
): Promise<void> {
  if (about === undefined) return;
  const { invocation, config, offerings } = about;
  try {
    const opened = await openJournal(config, io);
    if (opened === undefined) return;
    const { command } = invocation;
    const event = { kind: 'command', command, user: io.user(), source: 'cli', options: optionsOf(invocation) } as const;
    for (const { uuid } of offerings) opened.journal.record({ offering: uuid }, { ...event, ...outcome });
    await opened.close();
  } catch (thrown) {
    const { message, code } = toAgentError(thrown);
    const warning = io.stderr.style.yellow('warning:');
    io.stderr.write(`${warning} this command is not in the journal: ${message} (${code})\n`);
  }
}

/** What was typed, but for where the configuration is. */
function optionsOf({ values, flags, positionals }: Invocation): JsonObject {
  return {
    ...Object.fromEntries([...values].filter(([name]) => name !== 'config')),
    ...Object.fromEntries([...flags].map((name) => [name, true])),
    ...(positionals.length > 0 && { arguments: positionals }),
  };
}
