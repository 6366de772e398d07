import { composeSchema } from '../../config/schema.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadPlugins } from '../load.ts';
import { renderConfigManPage } from '../man-config.ts';
import type { Invocation } from '../parse.ts';
import { requirePlugin } from '../require-plugin.ts';
import { VERSION } from '../version.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const plugins = await loadPlugins(invocation, io);
  const id = invocation.values.get('plugin');
  const schema = id === undefined ? composeSchema(plugins) : requirePlugin(plugins, id).settings;
  if (invocation.flags.has('man')) io.stdout.write(renderConfigManPage(schema, VERSION));
  else writeJson(io.stdout, schema);
  return EXIT.ok;
}
