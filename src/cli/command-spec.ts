import type { CommandOption, CommandSyntax } from '../plugin/command.ts';

export type OptionSpec = CommandOption;

/** A command of the agent's own; its module is `commands/<words joined by dashes>.ts`, without underscores. */
export interface CommandSpec extends CommandSyntax {
  readonly hidden?: boolean;
}

export const PROGRAM = 'agent';
export const PROGRAM_SUMMARY = 'Turns Waldur orders into storage accounts with quotas, and reports their usage';

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'config',
    short: 'c',
    placeholder: 'FILE',
    help: 'Configuration file; otherwise the usual places are searched',
    complete: 'file',
  },
  { name: 'json', help: 'Print one JSON document instead of text' },
  { name: 'no-color', help: 'Never use colour' },
  { name: 'quiet', short: 'q', help: 'Only warnings and errors' },
  { name: 'verbose', short: 'v', help: 'Debug messages' },
  { name: 'help', short: 'h', help: 'Show help' },
  { name: 'version', help: 'Show the version' },
];
