import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isJsonObject, type Json } from '../../lib/json.ts';
import { propertiesOf } from '../attributes.ts';
import { COMMON_SETTINGS, pluginProblems, settingsValidator } from '../schema.ts';
import type { ConformanceOptions, Runner } from './suite.ts';

/** The plugin as a package: what it exports, its README and its sample. */
export function testTexts<Settings>(runner: Runner, options: ConformanceOptions<Settings>): void {
  runner.it('can be loaded', async () => assert.deepEqual(pluginProblems(options.plugin), []));
  runner.it('has a README that names every setting, every attribute and every action it refuses', () =>
    readmeIsComplete(options),
  );
  runner.it('has a sample.yaml whose settings are valid', () => sampleIsValid(options));
}

async function readmeIsComplete<Settings>({
  folder,
  plugin,
  refuses = [],
}: ConformanceOptions<Settings>): Promise<void> {
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  const settings = Object.keys(propertiesOf(plugin.settings));
  const attributes = plugin.attributes === undefined ? [] : Object.keys(propertiesOf(plugin.attributes.schema));
  for (const word of [...settings, ...attributes, ...refuses]) {
    assert.ok(readme.includes(`\`${word}\``), `README.md does not say what \`${word}\` is`);
  }
}

async function sampleIsValid<Settings>({ folder, plugin }: ConformanceOptions<Settings>): Promise<void> {
  const sample: unknown = parse(await readFile(join(folder, 'sample.yaml'), 'utf8'));
  const offerings: Json = (isJsonObject(sample) && sample['offerings']) || [];
  assert.ok(Array.isArray(offerings) && offerings.length > 0, 'sample.yaml is not a configuration with offerings');
  for (const offering of offerings) {
    const settings = (isJsonObject(offering) && offering['backend_settings']) || {};
    const own = Object.entries(settings).filter(([key]) => !COMMON_SETTINGS.includes(key));
    const validate = settingsValidator().compile(plugin.settings);
    const data = Object.fromEntries(own);
    assert.ok(validate(data), `sample.yaml: ${JSON.stringify(validate.errors)}`);
    const metering = plugin.metering[0] ?? 'current';
    const common = { onTerminate: 'refuse', metering, credentials: 'metadata' } as const;
    assert.deepEqual(plugin.problems?.(data as Settings, common) ?? [], [], 'sample.yaml');
  }
}
