import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Log } from '../../src/lib/log.ts';
import { createStanding } from '../../src/offering/standing.ts';
import { manualClock } from '../fakes/clock.ts';

function setup() {
  const clock = manualClock();
  const lines: string[] = [];
  const gauge = new Map<string, boolean>();
  const write =
    (level: string) =>
    (fields: object, message: string): void => {
      const { ms = '' } = fields as { ms?: number };
      lines.push(`${level} ${message} ${ms}`.trim());
    };
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => log,
  };
  const standing = createStanding({
    offering: 'minio',
    clock,
    log,
    metrics: { hindered: ({ ability, hindered }) => void gauge.set(ability, hindered) },
  });
  return { clock, lines, gauge, standing };
}

const down = (code = 'X_DOWN'): AgentError =>
  new AgentError('it is down', { code, disposition: 'transient', hint: 'start it' });

test('one line when a hindrance begins and one when it ends, however often it is said', async () => {
  const { clock, lines, gauge, standing } = setup();
  standing.hinder('orders', down());
  await clock.advance(1000);
  standing.hinder('orders', down('Y_DOWN'));
  expect(standing.can('orders')).toBe(false);
  expect(gauge.get('orders')).toBe(true);
  await clock.advance(4000);
  standing.clear('orders');
  standing.clear('orders');
  expect(lines).toEqual([
    'error the offering cannot read its orders',
    'info the offering can read its orders again 5000',
  ]);
  expect(standing.can('orders')).toBe(true);
  expect(gauge.get('orders')).toBe(false);
});

test('it knows the present reason, and since when', async () => {
  const { clock, standing } = setup();
  standing.hinder('orders', down());
  await clock.advance(1000);
  standing.hinder('reports', down('NO_REPORTS'));
  standing.hinder('orders', down('Y_DOWN'));
  const common = { message: 'it is down', hint: 'start it' };
  expect(standing.hindrances()).toEqual([
    { ability: 'orders', essential: true, code: 'Y_DOWN', since: new Date('2026-08-25T10:00:00Z'), ...common },
    { ability: 'reports', essential: false, code: 'NO_REPORTS', since: new Date('2026-08-25T10:00:01Z'), ...common },
  ]);
});

test('what is not essential is a warning, and the event stream logs its own outages', () => {
  const { lines, standing } = setup();
  standing.hinder('imports', down());
  standing.hinder('events', down());
  standing.clear('events');
  expect(lines).toEqual(['warn the offering cannot answer import requests']);
});
