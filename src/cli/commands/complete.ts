import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { builtinNames } from '../../plugin/registry.ts';
import type { CommandTable } from '../command-table.ts';
import { type Completion, complete } from '../complete.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { configFile } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { printable } from '../style.ts';

/** Prints lines `word<TAB>help`. Never fails: a message would end up in the line that is being typed. */
export async function run({ positionals }: Invocation, io: Io, table: CommandTable): Promise<ExitCode> {
  const typed = positionals.at(-1) ?? '';
  const { candidates, dynamic } = complete(positionals, table);
  if (dynamic === 'file') io.stdout.write(':file\n');
  const names = namesOf(dynamic, positionals, io);
  const more = names.filter((name) => name.startsWith(typed)).map((word) => ({ word, help: '' }));
  for (const { word, help } of [...candidates, ...more]) io.stdout.write(`${printable(word)}\t${help}\n`);
  return EXIT.ok;
}

function namesOf(kind: Completion['dynamic'], words: readonly string[], io: Io): readonly string[] {
  if (kind === 'plugin') return builtinNames.map(({ id }) => id);
  return kind === 'offering' ? offeringNames(words, io) : [];
}

/** Names as they are in the file, right or wrong: it is not validated, and no secret is read. */
function offeringNames(words: readonly string[], io: Io): readonly string[] {
  const at = words.findLastIndex((word) => word === '-c' || word === '--config');
  const option = at === -1 ? undefined : words[at + 1];
  try {
    const file = configFile(option, io);
    const { contents } = parseDocument(io.readFile(file).text, { schema: 'core', logLevel: 'silent' });
    const offerings = isMap(contents) ? contents.get('offerings') : undefined;
    const items: readonly unknown[] = isSeq(offerings) ? offerings.items : [];
    return items
      .map((item) => (isMap(item) ? item.get('name', true) : undefined))
      .flatMap((name) => (isScalar(name) && typeof name.value === 'string' ? [name.value] : []));
  } catch {
    return [];
  }
}
