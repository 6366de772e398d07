import { parseArgs } from 'node:util';
import { suggest } from '../config/suggest.ts';
import { type CommandSpec, type OptionSpec, PROGRAM } from './command-spec.ts';
import { type CommandTable, commandsOf, findCommand, firstWords, OWN_TABLE, optionsOf } from './command-table.ts';

/** A command line that was understood. */
export interface Invocation {
  readonly command: string;
  /** Values of options that take one. */
  readonly values: ReadonlyMap<string, string>;
  /** Switches that were given. */
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

export type Parsed =
  | { readonly kind: 'command'; readonly invocation: Invocation }
  /** Help was asked for; the topic is the name of a command or group, or undefined. */
  | { readonly kind: 'help'; readonly topic: string | undefined }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'error';
      readonly message: string;
      readonly hint: string;
      /** The table has no such command. */
      readonly unknown?: true;
    };

/** `argv` without the interpreter and the script. */
export function parseCommandLine(argv: readonly string[], table: CommandTable = OWN_TABLE): Parsed {
  // Words behind the dashes belong to the command line that is being completed.
  if (argv[0] === '__complete') return completion(argv.slice(argv[1] === '--' ? 2 : 1));
  const { words, given } = tokenize(table, argv);
  const spec = findCommand(table, words);
  if (given.some(({ name }) => name === 'version')) return { kind: 'version' };
  if (given.some(({ name }) => name === 'help')) return { kind: 'help', topic: spec?.name ?? groupOf(table, words[0]) };
  if (spec === undefined) return unknownCommand(table, words);
  const positionals = words.slice(spec.name.split(' ').length);
  const fault = findFault(spec, given, positionals);
  if (fault !== undefined) return failure(fault, spec.name);
  return { kind: 'command', invocation: toInvocation(spec, given, positionals) };
}

interface GivenOption {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inline: boolean;
}

/** Options may stand before, between and behind the words, so all that any command has are known here. */
function tokenize(
  table: CommandTable,
  argv: readonly string[],
): {
  readonly words: readonly string[];
  readonly given: readonly GivenOption[];
} {
  const known = table.commands.flatMap((spec) => optionsOf(spec));
  const options = Object.fromEntries(
    known.map(({ name, short, placeholder }) => [
      name,
      { type: placeholder === undefined ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  const given: GivenOption[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    given.push({ name: token.name, rawName: token.rawName, value: token.value, inline: token.inlineValue === true });
  }
  return { words, given };
}

function findFault(
  spec: CommandSpec,
  given: readonly GivenOption[],
  positionals: readonly string[],
): string | undefined {
  const options = optionsOf(spec);
  for (const option of given) {
    const fault = faultOf(option, options);
    if (fault !== undefined) return fault;
  }
  const missing = options.find((option) => option.required === true && !given.some(({ name }) => name === option.name));
  if (missing !== undefined) return `option --${missing.name} is required`;
  return positionalFault(spec, positionals);
}

function faultOf(given: GivenOption, options: readonly OptionSpec[]): string | undefined {
  const option = options.find(({ name }) => name === given.name);
  if (option === undefined) {
    const near = suggest(
      given.name,
      options.map(({ name }) => name),
    );
    return `unknown option ${given.rawName}${near === undefined ? '' : `, did you mean --${near}?`}`;
  }
  if (option.placeholder === undefined) return given.inline ? `option --${option.name} takes no value` : undefined;
  // Without strict mode parseArgs takes the next option as the value.
  const absent = given.value === undefined || (!given.inline && /^-./.test(given.value));
  if (absent || given.value === '') return `option --${option.name} needs a value (${option.placeholder})`;
  return choiceFault(`--${option.name}`, given.value ?? '', option.choices);
}

function positionalFault(spec: CommandSpec, positionals: readonly string[]): string | undefined {
  for (const [index, positional] of spec.positionals.entries()) {
    const value = positionals[index];
    if (value === undefined) return positional.optional === true ? undefined : `${positional.name} is missing`;
    const fault = choiceFault(positional.name, value, positional.choices);
    if (fault !== undefined) return fault;
    if (positional.rest === true) return undefined;
  }
  const extra = positionals[spec.positionals.length];
  return extra === undefined ? undefined : `unexpected word ${JSON.stringify(extra)}`;
}

function choiceFault(what: string, value: string, choices: readonly string[] | undefined): string | undefined {
  if (choices === undefined || choices.includes(value)) return undefined;
  return `${what} is one of ${choices.join(', ')}, not ${JSON.stringify(value)}`;
}

function toInvocation(spec: CommandSpec, given: readonly GivenOption[], positionals: readonly string[]): Invocation {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (const { name, value } of given) {
    if (value === undefined) flags.add(name);
    else values.set(name, value);
  }
  return { command: spec.name, values, flags, positionals };
}

function completion(words: readonly string[]): Parsed {
  const invocation = { command: '__complete', values: new Map(), flags: new Set<string>(), positionals: words };
  return { kind: 'command', invocation };
}

function unknownCommand(table: CommandTable, words: readonly string[]): Parsed {
  const [first, second] = words;
  if (first === undefined) return failure('a command is missing', undefined);
  const group = groupOf(table, first);
  const candidates =
    group === undefined
      ? firstWords(table).map(({ name }) => name)
      : commandsOf(table, group).map(({ name }) => name.slice(group.length + 1));
  const word = group === undefined ? first : second;
  if (word === undefined) return failure(`${first} needs one of: ${candidates.join(', ')}`, group);
  const near = suggest(word, candidates);
  const prefix = group === undefined ? '' : `${group} `;
  const question = near === undefined ? '' : `, did you mean ${prefix}${near}?`;
  return { ...failure(`unknown command ${JSON.stringify(prefix + word)}${question}`, group), unknown: true };
}

function groupOf({ groups }: CommandTable, word: string | undefined): string | undefined {
  return word !== undefined && Object.hasOwn(groups, word) ? word : undefined;
}

function failure(message: string, topic: string | undefined): Extract<Parsed, { kind: 'error' }> {
  const where = topic === undefined ? '' : ` ${topic}`;
  return { kind: 'error', message, hint: `${PROGRAM}${where} --help shows what there is` };
}
