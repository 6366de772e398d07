import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { startAgent } from './start-agent.ts';

function promtool(argv: readonly string[], input?: string): string {
  return execFileSync('promtool', argv, { encoding: 'utf8', input, stdio: 'pipe' });
}

test('promtool finds no fault in what a running agent shows', async () => {
  const agent = await startAgent();
  try {
    const url = `http://127.0.0.1:${agent.port}`;
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(page).toContain('waldur_agent_orders_total{offering="local",type="create",outcome="done"} 0');
    expect(promtool(['check', 'metrics'], page)).toBe('');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  } finally {
    await agent.stop();
  }
});

test('the rules are valid, and alert when their tests say so', () => {
  expect(promtool(['check', 'rules', 'config/prometheus/rules.yml'])).toContain('SUCCESS');
  expect(promtool(['test', 'rules', 'config/prometheus/rules_test.yml'])).toContain('SUCCESS');
});
