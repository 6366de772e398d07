import { dirname, join, resolve } from 'node:path';
import { credentialsOf, neededSettings, renderNewConfig } from '../../admin/new-config.ts';
import { loadConfig } from '../../config/load.ts';
import { renderDiagnostics } from '../../config/render-diagnostics.ts';
import { toUuid } from '../../lib/ids.ts';
import { createSecrets } from '../../lib/secrets.ts';
import type { Plugin } from '../../plugin/contract.ts';
import { builtinNames } from '../../plugin/registry.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { loadPlugins } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { requirePlugin } from '../require-plugin.ts';
import { usageError } from '../usage-error.ts';

/** Asks for what the options leave open, and writes a file that is valid; never over one that exists. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { values } = invocation;
  const file = resolve(io.cwd, values.get('output') ?? 'config.yaml');
  const ids = builtinNames.map(({ id }) => id).join(', ');
  const backend = await need(io, '--backend', values.get('backend'), `Backend (${ids})`);
  const plugin = requirePlugin(await loadPlugins(invocation, io), backend);
  const apiUrl = await need(
    io,
    '--url',
    values.get('url'),
    'URL of the Waldur API, such as https://waldur.example.com/api/',
  );
  const uuid = await need(io, '--uuid', values.get('uuid'), 'UUID of the offering');
  if (toUuid(uuid) === undefined) throw usageError(`${JSON.stringify(uuid)} is not a UUID`);
  const name = values.get('name') ?? plugin.id;
  const settings = await askSettings(plugin, readSettings(values.get('settings')), io);
  const text = renderNewConfig({ name, apiUrl, uuid, plugin, settings });
  requireValid(text, file, plugin);
  // The user of the service must read it, and it holds no secret.
  io.writeFile(file, text, 0o644);
  io.stdout.write(`${file} is written\n`);
  const files = credentialsOf(plugin).map((credential) => join(dirname(file), credential));
  io.stderr.write(`Put each secret into a file of mode 0600: ${files.join(', ')}\nThen: agent doctor -c ${file}\n`);
  return EXIT.ok;
}

async function need(io: Io, option: string, given: string | undefined, question: string): Promise<string> {
  const answer = given ?? (await io.ask(`${question}: `));
  if (answer === undefined) throw usageError(`${option} is missing`, 'without a terminal nothing can be asked');
  if (answer.trim() === '') throw usageError(`${option} must not be empty`);
  return answer.trim();
}

async function askSettings(
  plugin: Plugin,
  given: Readonly<Record<string, string>>,
  io: Io,
): Promise<Readonly<Record<string, string>>> {
  const settings: Record<string, string> = { ...given };
  for (const { name, secret, description } of neededSettings(plugin)) {
    if (secret || settings[name] !== undefined) continue;
    settings[name] = await need(io, `--settings ${name}=VALUE`, undefined, `${name} (${description})`);
  }
  return settings;
}

/** `a=1,b=2` */
function readSettings(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^(\w+)=(.+)$/.exec(pair) ?? [];
      if (key === undefined || value === undefined) throw usageError(`${JSON.stringify(pair)} is not KEY=VALUE`);
      return [key, value];
    }),
  );
}

/** With a stand-in for every secret: their files are written later. */
function requireValid(text: string, file: string, plugin: Plugin): void {
  const readFile = (): { readonly text: string } => ({ text: 'a-secret-that-is-written-later' });
  const loaded = loadConfig({ file, text, plugins: [plugin], env: {}, readFile, secrets: createSecrets() });
  if (loaded.config !== undefined) return;
  const errors = loaded.diagnostics.filter(({ severity }) => severity === 'error');
  throw usageError(`this would not be a valid configuration:\n${renderDiagnostics(errors)}`.trimEnd());
}
