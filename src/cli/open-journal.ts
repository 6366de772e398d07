import { existsSync } from 'node:fs';
import type { Config } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import { createJournal } from '../store/create-journal.ts';
import type { Journal } from '../store/journal.ts';
import { openStore } from '../store/open-store.ts';
import type { Io } from './io.ts';
import { VERSION } from './version.ts';

/** The journal of the agent, beside the agent. */
export interface OpenJournal {
  readonly journal: Journal;
  /** Writes what was recorded. @throws AgentError when it cannot be written */
  close(): Promise<void>;
}

/** Undefined when the agent keeps none in a file. @throws AgentError `STORE_FAILED` for a file that cannot be used */
export async function openJournal({ state, journalDays }: Config, io: Io): Promise<OpenJournal | undefined> {
  if (state === undefined || !existsSync(state)) return undefined;
  const store = await openStore(state, io.clock);
  let failure: AgentError | undefined;
  const journal = createJournal({
    rows: store.journal,
    clock: io.clock,
    version: VERSION,
    days: () => journalDays,
    scrub: io.secrets.scrub,
    failed: (error) => {
      failure = error;
    },
    recovered: () => undefined,
  });
  return {
    journal,
    close: async () => {
      await journal.flush();
      await store.close();
      if (failure !== undefined) throw failure;
    },
  };
}

/** @throws AgentError operator `JOURNAL_ABSENT` when there is none to read. */
export async function requireJournal(config: Config, io: Io): Promise<OpenJournal> {
  const opened = await openJournal(config, io);
  if (opened !== undefined) return opened;
  const why = config.state === undefined ? 'the configuration names no state file' : `${config.state} does not exist`;
  throw new AgentError(`there is no journal to read: ${why}`, {
    code: 'JOURNAL_ABSENT',
    disposition: 'operator',
    hint: 'Set `state` to a path and restart the agent; without it, the journal ends with the process.',
  });
}
