import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { type CommandTable, commandsOf, findCommand, firstWords, OWN_TABLE, optionsOf } from './command-table.ts';

export interface Candidate {
  readonly word: string;
  readonly help: string;
}

/** What the last word can become; `dynamic` asks for names only a file or the program knows. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly dynamic: 'file' | 'offering' | 'plugin' | undefined;
}

/** `words` are those behind the program's name; the last one is being typed and may be empty. */
export function complete(words: readonly string[], table: CommandTable = OWN_TABLE): Completion {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { positionals, open } = read(table, before);
  if (open !== undefined) return values(open, typed);
  const spec = findCommand(table, positionals);
  if (typed.startsWith('-')) return filter(optionCandidates(spec, before), typed);
  return positionalCandidates(table, positionals, typed);
}

/** The words that are not options, and the option that waits for its value. */
function read(
  table: CommandTable,
  words: readonly string[],
): {
  readonly positionals: readonly string[];
  readonly open: OptionSpec | undefined;
} {
  const positionals: string[] = [];
  let open: OptionSpec | undefined;
  for (const word of words) {
    const isValue = open !== undefined;
    open = isValue ? undefined : valueOption(word, findCommand(table, positionals));
    if (!isValue && !word.startsWith('-')) positionals.push(word);
  }
  return { positionals, open };
}

function valueOption(word: string, spec: CommandSpec | undefined): OptionSpec | undefined {
  return optionsOf(spec).find(
    ({ name, short, placeholder }) => placeholder !== undefined && (word === `--${name}` || word === `-${short}`),
  );
}

function values(option: OptionSpec, typed: string): Completion {
  const choices = (option.choices ?? []).map((word) => ({ word, help: option.help }));
  return { ...filter(choices, typed), dynamic: option.complete };
}

function optionCandidates(spec: CommandSpec | undefined, given: readonly string[]): readonly Candidate[] {
  return optionsOf(spec)
    .filter(({ name }) => !given.includes(`--${name}`))
    .map(({ name, help }) => ({ word: `--${name}`, help }));
}

function positionalCandidates(table: CommandTable, positionals: readonly string[], typed: string): Completion {
  const [first] = positionals;
  const spec = findCommand(table, positionals);
  if (first === undefined) return filter(firstCandidates(table), typed);
  if (spec === undefined) return filter(positionals.length === 1 ? memberCandidates(table, first) : [], typed);
  const index = positionals.length - spec.name.split(' ').length;
  if (spec.name === 'help') return filter(helpTopics(table, positionals.slice(1)), typed);
  const choices = spec.positionals[index]?.choices ?? [];
  return filter(
    choices.map((word) => ({ word, help: '' })),
    typed,
  );
}

function helpTopics(table: CommandTable, words: readonly string[]): readonly Candidate[] {
  const [first] = words;
  return first === undefined ? firstCandidates(table) : memberCandidates(table, first);
}

function firstCandidates(table: CommandTable): readonly Candidate[] {
  return firstWords(table).map(({ name, summary }) => ({ word: name, help: summary }));
}

function memberCandidates(table: CommandTable, group: string): readonly Candidate[] {
  if (!Object.hasOwn(table.groups, group)) return [];
  return commandsOf(table, group).map(({ name, summary }) => ({ word: name.slice(group.length + 1), help: summary }));
}

function filter(candidates: readonly Candidate[], typed: string): Completion {
  return { candidates: candidates.filter(({ word }) => word.startsWith(typed)), dynamic: undefined };
}
