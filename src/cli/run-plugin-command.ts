import type { Config, OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import { toUuid } from '../lib/ids.ts';
import type { CommandCall, CommandOffering, CommandResource, Plugin, PluginCommand } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Invocation } from './parse.ts';
import type { RecordedCommand } from './record-command.ts';

/** Runs a command that a plugin added. What it needs of the rest of the agent is loaded when it asks for its offering. */
export async function runPluginCommand(
  { plugin, command }: { readonly plugin: Plugin; readonly command: PluginCommand },
  invocation: Invocation,
  io: Io,
): Promise<ExitCode> {
  const { stdout, stderr, env, cwd, signal, confirm } = io;
  let opened: RecordedCommand | undefined;
  const offering = async (): Promise<CommandOffering<never>> => {
    const found = await openOffering(plugin, invocation, io);
    opened = { invocation, config: found.config, offerings: [found.target] };
    return found.opened;
  };
  const document: CommandCall<never>['document'] = async (path, schema) => {
    const { loadDocument } = await import('./load-document.ts');
    return loadDocument(path, schema, io);
  };
  const call = { ...invocation, stdout, stderr, env, cwd, signal, confirm, document, offering };
  const { recorded } = await import('./record-command.ts');
  return recorded(
    () => opened,
    io,
    async () => toExitCode(await command.run(call)),
  );
}

function toExitCode(code: number): ExitCode {
  const known = Object.values(EXIT).find((exit) => exit === code);
  if (known !== undefined) return known;
  throw new AgentError(`the command returned the unknown exit code ${code}`, {
    code: 'PLUGIN_EXIT_CODE',
    disposition: 'bug',
  });
}

interface OpenedOffering {
  readonly config: Config;
  readonly target: OfferingConfig;
  readonly opened: CommandOffering<never>;
}

async function openOffering(plugin: Plugin, invocation: Invocation, io: Io): Promise<OpenedOffering> {
  const [{ loadConfiguration }, { connect }] = await Promise.all([import('./load.ts'), import('./connect.ts')]);
  const config = await loadConfiguration(invocation, io);
  const offering = pick(plugin, config.offerings, invocation.values.get('offering'));
  const peers = connect(invocation, io);
  const waldur = peers.waldur(offering.waldur);
  const opened: CommandOffering<never> = {
    name: offering.name,
    context: peers.context(offering) as CommandOffering<never>['context'],
    resource: (reference, signal) => findResource(waldur, offering, reference, signal),
    close: async () => waldur.close(),
  };
  return { config, target: offering, opened };
}

function pick(plugin: Plugin, offerings: readonly OfferingConfig[], name: string | undefined): OfferingConfig {
  const own = offerings.filter((offering) => offering.plugin.id === plugin.id);
  const found = name === undefined ? own : own.filter((offering) => offering.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = own.map((offering) => offering.name).join(', ');
  const message =
    own.length === 0
      ? `the configuration has no offering of the backend ${plugin.id}`
      : name === undefined
        ? `the configuration has several offerings of the backend ${plugin.id}`
        : `the configuration has no offering ${JSON.stringify(name)} of the backend ${plugin.id}`;
  throw new AgentError(message, {
    code: 'USAGE',
    disposition: 'operator',
    hint: own.length === 0 ? 'name another file with --config' : `name one with --offering: ${names}`,
  });
}

const STATES = ['Creating', 'OK', 'Erred', 'Updating', 'Terminating'] as const;

async function findResource(
  waldur: Waldur,
  offering: OfferingConfig,
  reference: string,
  signal: AbortSignal,
): Promise<CommandResource> {
  const uuid = toUuid(reference);
  if (uuid !== undefined) return shown(await waldur.resources.get(uuid, offering.uuid, signal));
  const found: Resource[] = [];
  for await (const resource of waldur.resources.list({ offering: offering.uuid, states: STATES }, signal)) {
    if (resource.name === reference || resource.backendId === reference) found.push(resource);
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return shown(only);
  throw new AgentError(
    `the offering "${offering.name}" has ${only === undefined ? 'no resource' : 'several resources'} ${JSON.stringify(reference)}`,
    {
      code: 'RESOURCE_UNKNOWN',
      disposition: 'terminal',
      hint: only === undefined ? 'check the name' : `name one by its UUID: ${found.map(({ uuid }) => uuid).join(', ')}`,
    },
  );
}

function shown(resource: Resource): CommandResource {
  const { uuid, name, state, backendId, attributes, options, limits, backendMetadata } = resource;
  return { uuid, name, state, backendId, attributes, options, limits, metadata: backendMetadata };
}
