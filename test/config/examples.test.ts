import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { composeSchema, renderSchema } from '../../src/config/schema.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';
import { load } from './load-text.ts';

const FOLDER = 'config';

test('the published schema is the one the agent validates with', () => {
  const published = readFileSync(`${FOLDER}/config.schema.json`, 'utf8');
  expect(published, 'run: agent schema > config/config.schema.json').toBe(renderSchema(builtinPlugins));
});

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')))('%s', (name) => {
  const text = readFileSync(`${FOLDER}/${name}`, 'utf8');

  test('tells editors where the schema is', () => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./config.schema.json');
  });

  test('loads without a word', () => {
    const { config, diagnostics } = load(text, {
      plugins: builtinPlugins,
      env: { CREDENTIALS_DIRECTORY: '/creds' },
      files: Object.fromEntries(
        [...text.matchAll(/\$\{credential:([\w-]+)\}/g)].map(([, id]) => [`/creds/${id}`, 'x']),
      ),
    });
    expect(diagnostics).toEqual([]);
    expect(config?.offerings.length).toBeGreaterThan(0);
  });
});

test('the complete example names every key of the agent, with its default', () => {
  const text = readFileSync(`${FOLDER}/agent.example.yaml`, 'utf8');
  const schema = composeSchema(builtinPlugins) as unknown as {
    readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly definitions: { readonly offering: { readonly properties: Readonly<Record<string, object>> } };
  };
  const top = Object.entries(schema.properties).filter(([, { 'x-ignored': ignored }]) => ignored === undefined);
  const offering = Object.entries(schema.definitions.offering.properties).filter(([key, definition]) => {
    return !('x-ignored' in definition) && !['order_processing_backend', 'reporting_backend'].includes(key);
  });
  for (const [key] of top) expect(text).toMatch(new RegExp(`^(# )?${key}:`, 'm'));
  for (const [key] of offering) expect(text).toMatch(new RegExp(`^(  - |    |    # )${key}:`, 'm'));
  for (const [key, { default: value }] of top) {
    if (value === undefined || key === 'strict_secrets') continue;
    expect(text).toMatch(
      new RegExp(`^${key}: "?${JSON.stringify(value).replaceAll('"', '').replaceAll('*', '\\*')}"?$`, 'm'),
    );
  }
});
