import { AgentError, isAgentError } from '../../../src/lib/errors.ts';
import type { CommandCall, PluginCommand } from '../../../src/plugin/contract.ts';
import { defaultAttributes, type Settings } from '../settings.ts';
import { orderOf, planOf } from './manifest-order.ts';
import { type Manifest, manifestSchema } from './manifest-schema.ts';

/** `agent civo manifest FILE`. */
export const manifestCommand: PluginCommand<Settings> = {
  name: 'civo manifest',
  summary: 'Checks a CivoBucket manifest and shows its order and plan',
  description:
    'Reads a YAML manifest of kind CivoBucket, says what is wrong with it by line and column, and prints the order that a consumer sends to Waldur for it and what the agent then does. Nothing is ordered or changed.',
  options: [
    { name: 'offering', placeholder: 'NAME', help: 'offering whose region and defaults hold', complete: 'offering' },
  ],
  positionals: [{ name: 'FILE', help: 'the manifest' }],
  examples: ['agent civo manifest bucket.yaml', 'agent civo manifest bucket.yaml --json'],
  json: true,
  run,
};

async function run(call: CommandCall<Settings>): Promise<number> {
  const [file = ''] = call.positionals;
  const manifest = (await call.document(file, manifestSchema)) as unknown as Manifest;
  const settings = await settingsOf(call);
  const region = manifest.spec.region.toUpperCase();
  if (settings !== undefined && settings.region !== region) throw otherRegion(region, settings.region);
  const order = orderOf(manifest, settings ?? { default_size_gb: 500 });
  const plan = planOf(order, region, settings === undefined ? {} : defaultAttributes(settings));
  const { stdout } = call;
  if (call.flags.has('json')) stdout.write(`${JSON.stringify({ version: 1, order, plan }, null, 2)}\n`);
  else stdout.write(`Order\n${JSON.stringify(order, null, 2)}\n\nPlan\n${plan.map((step) => `  ${step}\n`).join('')}`);
  return 0;
}

/** Undefined without a configuration: a manifest can be checked anywhere. */
async function settingsOf(call: CommandCall<Settings>): Promise<Settings | undefined> {
  try {
    const offering = await call.offering();
    try {
      return offering.context.settings;
    } finally {
      await offering.close();
    }
  } catch (error) {
    if (call.values.has('offering') || !isAgentError(error) || error.code !== 'CONFIG_UNREADABLE') throw error;
    return undefined;
  }
}

function otherRegion(wanted: string, region: string): AgentError {
  return new AgentError(`the manifest asks for region ${wanted}, and the offering is for ${region}`, {
    code: 'CIVO_OTHER_REGION',
    disposition: 'operator',
    hint: 'Name the offering of that region with --offering.',
  });
}
