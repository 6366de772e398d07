import { AgentError } from '../lib/errors.ts';
import type { Plugin, PluginCommand } from '../plugin/contract.ts';
import { type CommandSpec, GLOBAL_OPTIONS, type OptionSpec } from './command-spec.ts';
import { COMMANDS, GROUPS } from './commands.ts';

/** All commands there are: parsing, help, completion and the manual page are made from it. */
export interface CommandTable {
  readonly commands: readonly CommandSpec[];
  /** Commands that only hold others, with their summary. */
  readonly groups: Readonly<Record<string, string>>;
  /** Where the commands of plugins come from, by name. */
  readonly plugins: ReadonlyMap<string, { readonly plugin: Plugin; readonly command: PluginCommand }>;
}

/** The agent's own commands, known without the code of any plugin. */
export const OWN_TABLE: CommandTable = { commands: COMMANDS, groups: GROUPS, plugins: new Map() };

const OFFERING: OptionSpec = {
  name: 'offering',
  placeholder: 'NAME',
  help: 'This offering of the configuration; needed when several use the backend',
  complete: 'offering',
};

/**
 * The table with the commands of plugins behind the agent's own.
 *
 * @throws AgentError operator `PLUGIN_UNUSABLE` for a name that is taken.
 */
export function withPlugins(plugins: readonly Plugin[]): CommandTable {
  const commands = [...COMMANDS];
  const groups: Record<string, string> = { ...GROUPS };
  const origins = new Map<string, { plugin: Plugin; command: PluginCommand }>();
  for (const plugin of plugins) {
    for (const command of (plugin.commands ?? []) as readonly PluginCommand[]) {
      const [first = '', second] = command.name.split(' ');
      const isTaken =
        COMMANDS.some(({ name }) => name.split(' ')[0] === first) || commands.some(({ name }) => name === command.name);
      if (isTaken) throw taken(plugin, command.name);
      if (second !== undefined) groups[first] ??= plugin.summary;
      const knowsOffering = command.options.some(({ name }) => name === OFFERING.name);
      commands.push(knowsOffering ? command : { ...command, options: [...command.options, OFFERING] });
      origins.set(command.name, { plugin, command });
    }
  }
  return { commands, groups, plugins: origins };
}

function taken({ id }: Plugin, name: string): AgentError {
  return new AgentError(`the plugin ${id} cannot add the command "${name}": the name is taken`, {
    code: 'PLUGIN_UNUSABLE',
    disposition: 'operator',
    hint: 'This is a mistake in the plugin: please tell its authors.',
  });
}

/** The command whose words `words` begins with, the longest first. */
export function findCommand({ commands }: CommandTable, words: readonly string[]): CommandSpec | undefined {
  const [first = '', second = ''] = words;
  return commands.find((spec) => spec.name === `${first} ${second}`) ?? commands.find((spec) => spec.name === first);
}

/** Members of a group. */
export function commandsOf({ commands }: CommandTable, group: string): readonly CommandSpec[] {
  return commands.filter((spec) => spec.name.startsWith(`${group} `));
}

/** What can stand right after the program's name, with its summary. */
export function firstWords({ commands, groups }: CommandTable): readonly {
  readonly name: string;
  readonly summary: string;
}[] {
  const words = new Map<string, string>();
  for (const spec of commands) {
    if (spec.hidden === true) continue;
    const word = spec.name.split(' ')[0] ?? spec.name;
    if (!words.has(word)) words.set(word, groups[word] ?? spec.summary);
  }
  return [...words].map(([name, summary]) => ({ name, summary }));
}

/** Options a command understands: its own and those of all commands. */
export function optionsOf(spec: CommandSpec | undefined): readonly OptionSpec[] {
  const globals = GLOBAL_OPTIONS.filter((option) => option.name !== 'json' || spec === undefined || spec.json);
  return [...(spec?.options ?? []), ...globals];
}
