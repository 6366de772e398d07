import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { exampleSettings } from '../../admin/offering-body.ts';
import { systemClock } from '../../lib/clock.ts';
import { AgentError, toAgentError } from '../../lib/errors.ts';
import type { Emulated, Plugin } from '../../plugin/contract.ts';
import { findPlugin, loadBuiltins } from '../../plugin/registry.ts';
import { type SandboxLogin, startSandboxLogin } from '../../sandbox/login/login-server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Profile } from '../../sandbox/world.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import type { Invocation } from '../parse.ts';
import { renderGuide, type SandboxGuide, sandboxGuide } from '../sandbox-guide.ts';
import { stopped } from '../stopped.ts';
import { usageError } from '../usage-error.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const port = readPort(invocation.values.get('port') ?? '8080');
  // One of the choices: the parser lets nothing else through.
  const profile = (invocation.values.get('profile') ?? '8.1') as Profile;
  const sandbox = await start(port, profile);
  let emulated: Emulated | undefined;
  let login: SandboxLogin | undefined;
  try {
    if (invocation.flags.has('login')) login = await startSandboxLogin();
    const id = Object.keys(EMULATED).find((flag) => invocation.flags.has(flag));
    const plugin = id === undefined ? await simplestPlugin() : await emulatedPlugin(EMULATED[id] ?? '');
    const random = (bytes: number): Uint8Array => randomBytes(bytes);
    const options = { clock: systemClock, random, atUsualPorts: port !== 0 };
    emulated = id === undefined ? undefined : await plugin.emulate?.(options);
    const guide = sandboxGuide(sandbox, plugin, emulated, login);
    const folder = invocation.values.get('write');
    if (folder !== undefined) writeTrial(resolve(io.cwd, folder), guide, io);
    if (invocation.flags.has('json')) writeJson(io.stdout, { version: 1, ...guide });
    else io.stdout.write(renderGuide(guide, io.stdout.style));
    await stopped(io.signal);
  } finally {
    await emulated?.close();
    await login?.close();
    await sandbox.close();
  }
  return EXIT.ok;
}

/** Backends that have a stand-in, by the option that asks for it. */
const EMULATED: Readonly<Record<string, string>> = { civo: 'civo', quota: 'host-quota' };

/** What `agent run -c DIR/config.yaml` needs, with every path inside the folder. */
function writeTrial(folder: string, { configuration, tokens }: SandboxGuide, io: Io): void {
  const text = stringify(configuration)
    .replaceAll('${env:WALDUR_API_TOKEN}', '${credential:waldur-token}')
    .replaceAll('/srv/storage', join(folder, 'storage'));
  io.writeFile(join(folder, 'config.yaml'), text, 0o644);
  io.writeFile(join(folder, 'waldur-token'), `${tokens.agent}\n`, 0o600);
  // The storage path must exist.
  io.writeFile(join(folder, 'storage/.keep'), '', 0o644);
  io.stderr.write(`agent run -c ${join(folder, 'config.yaml')}\n`);
}

async function start(port: number, profile: Profile): Promise<Sandbox> {
  try {
    return await startSandbox({ port, profile });
  } catch (thrown) {
    const error = toAgentError(thrown);
    throw new AgentError(`the sandbox could not listen on port ${port}: ${error.message}`, {
      code: 'SANDBOX_PORT',
      disposition: 'terminal',
      hint: 'choose another one with --port, or any free one with --port 0',
      cause: error,
    });
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw usageError(`--port ${JSON.stringify(text)} is not a port number`);
}

async function emulatedPlugin(id: string): Promise<Plugin> {
  const plugin = findPlugin(id, await loadBuiltins());
  if (plugin?.emulate === undefined) throw new Error(`there is no emulator of ${id}`);
  return plugin;
}

/** The one that needs the fewest settings: a sandbox is for trying things. */
async function simplestPlugin(): Promise<Plugin> {
  const needs = (plugin: Plugin): number => Object.keys(exampleSettings(plugin)).length;
  const [plugin] = [...(await loadBuiltins())].sort((a, b) => needs(a) - needs(b));
  if (plugin === undefined) throw new Error('there is no built-in plugin');
  return plugin;
}
