import { type CommandSpec, GLOBAL_OPTIONS, type OptionSpec, PROGRAM, PROGRAM_SUMMARY } from './command-spec.ts';
import { type CommandTable, OWN_TABLE } from './command-table.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { optionLabel, usageLine } from './help.ts';

/** `agent(8)` as roff. */
export function renderManPage(version: string, table: CommandTable = OWN_TABLE): string {
  const commands = table.commands.filter((spec) => spec.hidden !== true);
  return [
    title('AGENT', 8, version),
    '.SH NAME',
    `${PROGRAM} \\- ${roff(PROGRAM_SUMMARY)}`,
    '.SH SYNOPSIS',
    `.B ${PROGRAM}`,
    '[\\fIoptions\\fR] \\fIcommand\\fR',
    '.SH DESCRIPTION',
    roff(
      'One long-running process on a storage site: it receives marketplace orders from Waldur, makes the storage backend match them, and tells Waldur what it did, what is used and how to log in.',
    ),
    '.SH OPTIONS',
    ...GLOBAL_OPTIONS.flatMap(optionEntry),
    '.SH COMMANDS',
    ...commands.flatMap(commandEntry),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(({ code, meaning }) => entry(code, meaning)),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, help]) => entry(name, help)),
    '.SH SIGNALS',
    ...SIGNALS.flatMap(([name, help]) => entry(name, help)),
    '.SH SEE ALSO',
    `.BR ${PROGRAM}.yaml (5)`,
    '',
  ].join('\n');
}

/** First line of a manual page. */
export function title(name: string, section: number, version: string): string {
  return `.TH "${name}" "${section}" "" "waldur-storage-agent ${roff(version)}" "Waldur Storage Agent"`;
}

/** A tagged paragraph. */
export function entry(tag: string, text: string): readonly string[] {
  return ['.TP', `\\fB${roff(tag)}\\fR`, roff(text)];
}

/** Text that stands for itself: no escapes, no requests. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\(rs')
    .replaceAll('-', '\\-')
    .replace(/^(['.])/gm, '\\&$1');
}

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['WALDUR_AGENT_CONFIG', 'The configuration file, when --config is not given.'],
  ['CONFIGURATION_DIRECTORY, CREDENTIALS_DIRECTORY', 'Set by systemd: where the configuration and credentials are.'],
  ['WALDUR_API_URL, WALDUR_API_TOKEN', 'The server and credential of offering create.'],
  ['NO_COLOR, FORCE_COLOR', 'Never, or always, use colour.'],
];

const SIGNALS: readonly (readonly [string, string])[] = [
  ['SIGTERM, SIGINT', 'Finish what runs and stop; the second one stops at once.'],
  ['SIGHUP', 'Reload the configuration; a wrong file changes nothing.'],
  ['SIGUSR2', 'Report usage now.'],
];

function optionEntry(option: OptionSpec): readonly string[] {
  return entry(optionLabel(option).trim(), option.help + choices(option));
}

function choices(option: OptionSpec): string {
  return option.choices === undefined ? '' : ` (${option.choices.join(', ')})`;
}

function commandEntry(spec: CommandSpec): readonly string[] {
  return [
    `.SS ${roff(usageLine(spec))}`,
    roff(spec.description),
    ...spec.options.flatMap(optionEntry),
    ...spec.positionals.flatMap(({ name, help, choices: words }) =>
      entry(name, words === undefined ? help : `${help}: ${words.join(', ')}`),
    ),
    ...spec.examples.flatMap((example) => ['.PP', '.EX', roff(example), '.EE']),
  ];
}
