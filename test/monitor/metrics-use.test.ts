import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../src/monitor/metrics.ts';
import { accountGaugeName, METRIC_PREFIX, METRICS, type MetricSpec } from '../../src/monitor/metrics-table.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';
import { manualClock } from '../fakes/clock.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly runbook_url: string };
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

const DASHBOARD = readFileSync('config/grafana/waldur-storage-agent.json', 'utf8');
const rules = (
  parse(readFileSync('config/prometheus/rules.yml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const panels = (JSON.parse(DASHBOARD) as { panels: Panel[] }).panels;

/** Names of everything the registry shows, histogram suffixes and Prometheus' own `up` included. */
const known = new Map<string, readonly string[]>([['up', []]]);

beforeAll(async () => {
  const metrics = createMetrics({ version: '0', revision: '0', clock: manualClock(), offerings: [] });
  for (const [, name = ''] of (await metrics.render()).body.matchAll(/^# TYPE (\S+)/gm)) known.set(name, []);
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    const suffixes = spec.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes) known.set(METRIC_PREFIX + name + suffix, spec.labels);
  }
  for (const { id, gauges = {} } of builtinPlugins) {
    for (const name of Object.keys(gauges))
      known.set(METRIC_PREFIX + accountGaugeName(id, name), ['offering', 'account']);
  }
});

/** Metric names of an expression: what is neither keyword, function, label nor text. */
function namesIn(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(by|on|without|ignoring|group_right|group_left)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_][\w:]*(?!\w*\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !['and', 'or', 'unless', 'bool', 'sum'].includes(name));
}

const expressions: readonly (readonly [string, string])[] = [
  ...rules.map((rule) => [rule.alert ?? rule.record ?? '', rule.expr] as const),
  ...panels.flatMap((panel) => (panel.targets ?? []).map((target) => [panel.title, target.expr] as const)),
  ...[...DASHBOARD.matchAll(/label_values\((.*?), \w+\)/g)].map(
    ([, expr = '']) => ['variable', expr.replaceAll('\\"', '"')] as const,
  ),
];

describe('rules and dashboard', () => {
  it.each(expressions)('%s uses only metrics and labels that exist: %s', (_, expr) => {
    const recorded = rules.flatMap((rule) => rule.record ?? []);
    const names = namesIn(expr);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(known.has(name) || recorded.includes(name), name).toBe(true);
    for (const [, name = '', selector = ''] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
      const labels = [...selector.matchAll(/(\w+)\s*(?:=|!)/g)].map(([, label]) => label);
      expect(['job', 'instance', ...(known.get(name) ?? [])], name).toEqual(expect.arrayContaining(labels));
    }
  });

  it('show every metric of ours somewhere', () => {
    const used = new Set(expressions.flatMap(([, expr]) => namesIn(expr)));
    const unused = Object.keys(METRICS).filter(
      (name) => ![...used].some((use) => use.startsWith(METRIC_PREFIX + name)),
    );
    expect(unused).toEqual(['config_last_reload_success_timestamp_seconds', 'report_last_attempt_timestamp_seconds']);
  });
});

describe('rules', () => {
  it.each(rules.filter((rule) => rule.alert !== undefined).map((rule) => [rule.alert ?? '', rule] as const))(
    '%s waits, has a severity, a summary and a runbook named after it',
    (alert, rule) => {
      expect(rule.for).toMatch(/^\d+m$/);
      expect(['warning', 'critical']).toContain(rule.labels?.severity);
      expect(rule.annotations?.summary).toBeTruthy();
      const anchor = alert.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
      expect(rule.annotations?.runbook_url).toBe(`docs/operations.md#${anchor}`);
    },
  );
});

describe('dashboard', () => {
  it('names no data source and no server of its own', () => {
    const uids = [...DASHBOARD.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid);
    for (const uid of uids) expect(uid).toMatch(/^(\$\{datasource\}|waldur-storage-agent)$/);
    expect(DASHBOARD).not.toMatch(/https?:/);
  });
});
