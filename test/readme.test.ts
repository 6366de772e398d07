import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../src/cli/commands.ts';
import { loadConfig } from '../src/config/load.ts';
import { createSecrets } from '../src/lib/secrets.ts';
import { renderMetricsTable } from '../src/monitor/metrics-table.ts';
import { builtinPlugins } from './fakes/builtin-plugins.ts';

const readme = readFileSync('README.md', 'utf8');

test('has the metrics the agent has', () => {
  expect(readme).toContain(renderMetricsTable().trim());
});

test('names every command', () => {
  for (const { name, hidden } of COMMANDS) if (hidden !== true) expect(readme).toContain(`agent ${name}`);
});

test('shows a configuration that is valid', () => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
  const { diagnostics } = loadConfig({
    file: 'README.md',
    text: yaml,
    env: { CREDENTIALS_DIRECTORY: '/credentials' },
    readFile: () => ({ text: 'a-token-of-some-length' }),
    plugins: builtinPlugins,
    secrets: createSecrets(),
  });
  expect(diagnostics).toEqual([]);
});

test('links to files that exist', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !link.includes('://'));
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test('has a section for every alert', () => {
  const rules = readFileSync('config/prometheus/rules.yml', 'utf8');
  const anchors = [...rules.matchAll(/runbook_url: README\.md#([\w-]+)/g)].map(([, anchor = '']) => anchor);
  const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replaceAll(' ', '-'));
  expect(anchors.length).toBeGreaterThan(0);
  expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([]);
});

test('lists every plugin', () => {
  for (const { id } of builtinPlugins) expect(readme).toContain(`plugins/${id}/README.md`);
});
