import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { COMMANDS } from '../src/cli/commands.ts';
import { parseCommandLine } from '../src/cli/parse.ts';
import { loadConfig } from '../src/config/load.ts';
import { createSecrets } from '../src/lib/secrets.ts';
import { renderMetricsTable } from '../src/monitor/metrics-table.ts';
import { builtinPlugins } from './fakes/builtin-plugins.ts';

const PAGES = [
  'README.md',
  'docs/operations.md',
  'docs/orders.md',
  'docs/proof.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'ARCHITECTURE.md',
];
const read = (path: string): string => readFileSync(path, 'utf8');
const readme = read('README.md');
const operations = read('docs/operations.md');
const headings = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-'));

function problemsOf(text: string): readonly string[] {
  const env = new Proxy({ CREDENTIALS_DIRECTORY: '/credentials' } as Record<string, string>, {
    get: (known, name: string) =>
      known[name] ?? (/^[A-Z]+_?(TOKEN|KEY|ACCESS_KEY|SECRET_KEY)$/.test(name) ? 'a-secret-of-length' : undefined),
  });
  const readFile = (): { readonly text: string } => ({ text: 'a-token-of-some-length' });
  return loadConfig({
    file: 'a.yaml',
    text,
    env,
    readFile,
    plugins: builtinPlugins,
    secrets: createSecrets(),
  }).diagnostics.map(({ message }) => message);
}

describe('README.md', () => {
  test('is short enough to be read', () => {
    expect(readme.split('\n').length).toBeLessThan(200);
  });

  test('names every command, and no other', () => {
    for (const { name, hidden } of COMMANDS) if (hidden !== true) expect(readme).toContain(`agent ${name}`);
  });

  test('shows a configuration that is valid', () => {
    const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
    expect(problemsOf(yaml)).toEqual([]);
  });

  test('lists every plugin', () => {
    for (const { id } of builtinPlugins) expect(readme).toContain(`plugins/${id}/README.md`);
  });
});

test.each(PAGES)('%s links to files that exist', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !link.includes('://'));
  expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
});

test.each(PAGES)('the commands of %s are understood by the agent', (page) => {
  const code = [...read(page).matchAll(/^```sh\n(.*?)^```|`(agent [^`]+)`/gms)].map(
    ([, block, inline]) => block ?? inline ?? '',
  );
  const lines = code.flatMap((text) => text.split(/\n|&&|;/)).map((line) => line.replace(/#.*/, '').trim());
  const ours = lines.flatMap((line) => /^(?:agent|node dist\/src\/cli\/main\.js) (.+)$/.exec(line)?.[1] ?? []);
  const wrong = ours
    .map((text) => text.replaceAll(/[[\]]/g, '').split(/\s+/))
    .map((argv) => ({ argv, parsed: parseCommandLine(argv) }))
    // A command that is named without what it requires is still one.
    .filter(({ parsed }) => parsed.kind === 'error' && !/required|missing/.test(parsed.message));
  expect(wrong).toEqual([]);
});

test('the metrics are those the agent has', () => {
  expect(operations).toContain(renderMetricsTable().trim());
});

test('there is a section for every alert', () => {
  const anchors = [...read('config/prometheus/rules.yml').matchAll(/runbook_url: docs\/operations\.md#([\w-]+)/g)];
  expect(anchors.length).toBeGreaterThan(0);
  expect(anchors.map(([, anchor]) => anchor).filter((anchor) => !headings(operations).includes(anchor ?? ''))).toEqual(
    [],
  );
});

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

describe('containers', () => {
  const CONFIG = '/etc/waldur-storage-agent';
  const dockerfile = read('Dockerfile');

  test('Kubernetes runs what the image runs, with a configuration that is valid', () => {
    const [configMap, deployment] = parseAllDocuments(read('config/containers/kubernetes.yaml')).map(
      (document) => document.toJS() as Record<string, never>,
    ) as unknown as [
      { readonly data: Readonly<Record<string, string>> },
      { readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } } },
    ];
    const text = configMap.data['config.yaml'] ?? '';
    expect(problemsOf(text)).toEqual([]);
    const [agent] = deployment.spec.template.spec.containers;
    expect(JSON.stringify(agent.args).replace(',', ', ')).toBe(/^CMD (.*)$/m.exec(dockerfile)?.[1]);
    expect(agent.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([CONFIG]);
    const variables = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name);
    expect(agent.env.map(({ name }) => name)).toEqual(variables);
    expect(agent.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  });

  test('Compose and docker run say the same', () => {
    const { services } = parse(read('config/containers/compose.yaml')) as {
      readonly services: { readonly agent: Readonly<Record<string, unknown>> };
    };
    expect(services.agent).toMatchObject({ read_only: true, cap_drop: ['ALL'], volumes: [`./agent:${CONFIG}:ro`] });
    const [, command = ''] = /(docker run .*?)\n```/s.exec(readme) ?? [];
    for (const flag of ['--read-only', '--cap-drop=ALL', 'no-new-privileges', `./agent:${CONFIG}:ro`, ':9464:9464']) {
      expect(command).toContain(flag);
    }
    expect(dockerfile).toContain('EXPOSE 9464');
    expect(existsSync('Dockerfile')).toBe(true);
  });
});
