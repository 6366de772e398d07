import { entryJson, type HistoryQuery, type NamedOffering, readHistory } from '../../admin/history.ts';
import { toUuid } from '../../lib/ids.ts';
import type { Journal } from '../../store/journal.ts';
import type { JournalEntry } from '../../store/journal-entry.ts';
import { askedSince } from '../asked-since.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import { requireJournal } from '../open-journal.ts';
import type { Invocation } from '../parse.ts';
import { renderEntry, renderVerification } from '../render-history.ts';
import { selectOfferings } from '../select-offerings.ts';
import { usageError } from '../usage-error.ts';

const SHOWN = 100;
const MOST = 100_000;
const POLL_MS = 1000;

/** Who ordered what, and what the agent did about it. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const query = readQuery(invocation, io);
  const opened = await requireJournal(config, io);
  try {
    const view = { journal: opened.journal, offerings, json: invocation.flags.has('json') };
    if (invocation.flags.has('verify')) return await verify(view, io);
    if (invocation.flags.has('follow')) return await follow(view, query, io);
    return await show(view, query, io);
  } finally {
    await opened.close();
  }
}

interface View {
  readonly journal: Journal;
  readonly offerings: readonly NamedOffering[];
  readonly json: boolean;
}

async function show({ journal, offerings, json }: View, query: HistoryQuery, io: Io): Promise<ExitCode> {
  const entries = await readHistory(journal, offerings, query);
  if (json) writeJson(io.stdout, { version: 1, entries: entries.map(entryJson) });
  else if (entries.length === 0) io.stdout.write('Nothing in the journal.\n');
  else for (const entry of entries) io.stdout.write(renderEntry(entry, offerings, io.stdout.style));
  return EXIT.ok;
}

/** What is there, and then what comes, until a signal; one JSON document a line. */
async function follow({ journal, offerings, json }: View, query: HistoryQuery, io: Io): Promise<ExitCode> {
  const seen = new Map<string, number>();
  const print = (entry: JournalEntry): void => {
    seen.set(entry.offering, Math.max(entry.seq, seen.get(entry.offering) ?? 0));
    const line = json ? `${JSON.stringify(entryJson(entry))}\n` : renderEntry(entry, offerings, io.stdout.style);
    io.stdout.write(line);
  };
  for (const { uuid: offering } of offerings) {
    const [newest] = await journal.read({ offering, limit: 1 });
    seen.set(offering, newest?.seq ?? 0);
  }
  for (const entry of await readHistory(journal, offerings, query)) print(entry);
  const { order } = query;
  const resource = toUuid(query.resource);
  while (!io.signal.aborted) {
    await io.clock.sleep(POLL_MS, io.signal).catch(() => undefined);
    for (const { uuid: offering } of offerings) {
      const fresh = await journal.read({ offering, order, resource, after: seen.get(offering) ?? 0, limit: 1000 });
      for (const entry of fresh) print(entry);
    }
  }
  return EXIT.ok;
}

async function verify({ journal, offerings, json }: View, io: Io): Promise<ExitCode> {
  const results = await Promise.all(offerings.map(({ uuid }) => journal.verify(uuid)));
  if (json) writeJson(io.stdout, { version: 1, offerings: results });
  else for (const result of results) io.stdout.write(renderVerification(result, offerings, io.stdout.style));
  return results.every(({ faults }) => faults.length === 0) ? EXIT.ok : EXIT.failed;
}

function readQuery({ values, flags }: Invocation, io: Io): HistoryQuery {
  const order = values.get('order');
  const uuid = toUuid(order);
  if (order !== undefined && uuid === undefined) throw usageError(`--order ${JSON.stringify(order)} is not a UUID`);
  const resource = values.get('resource');
  if (flags.has('follow') && resource !== undefined && toUuid(resource) === undefined) {
    throw usageError('--follow needs the UUID of the resource', 'agent history --resource NAME shows it with --json');
  }
  return { order: uuid, resource, since: askedSince(values.get('since'), io.clock.now()), limit: limitOf(values) };
}

function limitOf(values: Invocation['values']): number {
  const text = values.get('limit');
  if (text === undefined) return values.has('since') ? MOST : SHOWN;
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw usageError(`--limit ${JSON.stringify(text.slice(0, 20))} is not a number from 1 to 99999`);
}
