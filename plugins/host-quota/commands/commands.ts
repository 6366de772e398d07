import type { CommandCall, CommandOption, PluginCommand } from '../../../src/plugin/contract.ts';
import type { Settings } from '../settings.ts';

const HOST: CommandOption = { name: 'host', placeholder: 'ID', help: 'one of the remote hosts; this one without it' };
const DEVICE: CommandOption = {
  name: 'device',
  short: 'd',
  placeholder: 'DEVICE',
  help: 'mount point, block device or dataset',
};
const YES: CommandOption = { name: 'yes', short: 'y', help: 'do not ask' };
const OFFERING: CommandOption = {
  name: 'offering',
  placeholder: 'NAME',
  help: 'the offering, where there are several',
  complete: 'offering',
};
const SPACE: CommandOption = {
  name: 'space',
  short: 's',
  placeholder: 'SIZE',
  help: 'hard limit of space, such as 20G, or none',
};
const SOFT: CommandOption = { name: 'soft', placeholder: 'SIZE', help: 'soft limit of space' };
const INODES: CommandOption = { name: 'inodes', short: 'i', placeholder: 'N', help: 'hard limit of files, or none' };
const WHO = { name: 'WHO', help: 'USER, group:NAME or project:ID' };

type Row = Pick<PluginCommand<Settings>, 'name' | 'summary' | 'description'> & Partial<PluginCommand<Settings>>;
type Run = (call: CommandCall<Settings>) => Promise<number>;

/** What a command does is loaded when it is called. */
const looking = (name: 'hosts' | 'devices' | 'list' | 'show' | 'events'): Run => {
  return async (call) => (await import('./look.ts'))[name](call);
};
const changing = (name: 'set' | 'batch' | 'approve'): Run => {
  return async (call) => (await import('./change.ts'))[name](call);
};

function command({ options = [], ...row }: Row, run: Run): PluginCommand<Settings> {
  return { positionals: [], examples: [], json: true, run, ...row, options: [...options, OFFERING] };
}

/** `agent quota …`. */
export const commands: readonly PluginCommand<Settings>[] = [
  command(
    {
      name: 'quota hosts',
      summary: 'Storage hosts, and whether they answer',
      description: 'Lists this host and the remote ones.',
    },
    looking('hosts'),
  ),
  command(
    {
      name: 'quota devices',
      summary: 'Devices with quotas',
      description: 'Lists file systems and datasets with what can be limited there.',
      options: [HOST],
    },
    looking('devices'),
  ),
  command(
    {
      name: 'quota list',
      summary: 'Everyone with a limit',
      description: 'Lists every user, group and project with a limit, whoever set it.',
      options: [HOST, DEVICE],
    },
    looking('list'),
  ),
  command(
    {
      name: 'quota show',
      summary: 'The limits and the usage of one',
      description: 'Shows what one user, group or project may use, and uses, on every device.',
      positionals: [WHO],
      options: [HOST],
      examples: ['agent quota show alice', 'agent quota show project:100001'],
    },
    looking('show'),
  ),
  command(
    {
      name: 'quota set',
      summary: 'Set limits by hand',
      description:
        'Shows the limits before and after, asks, sets them and reads them back. What is not named stays. Limits of an order are set back by the agent.',
      positionals: [WHO],
      options: [DEVICE, SPACE, SOFT, INODES, HOST, YES],
      examples: ['agent quota set alice --device /srv/data --space 20G --inodes 100000'],
    },
    changing('set'),
  ),
  command(
    {
      name: 'quota batch',
      summary: 'Set the limits of many',
      description: 'Sets the limits in a YAML file: a list `quotas` of who, space, soft, inodes and device.',
      positionals: [{ name: 'FILE', help: 'the YAML file' }],
      options: [HOST, YES],
    },
    changing('batch'),
  ),
  command(
    {
      name: 'quota defaults',
      summary: 'Default limits of each device',
      description:
        'Lists the limits that users without any get, or with a device sets them, after asking. What is not named stays; a running agent gives them to users within ten minutes. Never to users that an order limits.',
      positionals: [{ name: 'DEVICE', help: 'mount point, block device or dataset', optional: true }],
      options: [SPACE, SOFT, INODES, HOST, YES],
      examples: ['agent quota defaults', 'agent quota defaults /srv/data --space 20G --soft 18G'],
    },
    async (call) => (await import('./defaults.ts')).defaults(call),
  ),
  command(
    {
      name: 'quota events',
      summary: 'Who exceeded what',
      description: 'Lists the events that wait for delivery, and those that other hosts sent.',
    },
    looking('events'),
  ),
  command(
    {
      name: 'quota approve',
      summary: 'Let an order limit an existing user',
      description: 'Without an argument it lists the orders that wait.',
      positionals: [{ name: 'USER', help: 'the user, or the UUID of the resource', optional: true }],
      options: [YES],
      json: false,
    },
    changing('approve'),
  ),
];
