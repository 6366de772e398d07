import { describe, expect, test } from 'vitest';
import { diffConfig } from '../../src/config/diff.ts';
import type { Config } from '../../src/config/types.ts';
import { ENV, fileWith, load } from './load-text.ts';

describe('a reload', () => {
  const config = (...texts: Parameters<typeof fileWith>[]): Config => {
    const text = texts.map((args, index) =>
      index === 0 ? fileWith(...args) : fileWith(...args).replace('offerings:\n', ''),
    );
    const loaded = load(text.join(''), { env: ENV }).config;
    if (loaded === undefined) throw new Error('not a valid file');
    return loaded;
  };
  const other = { name: 'other', waldur_offering_uuid: '813c299671a14f5db9723a793291bc78' };
  const names = ({ added, removed, changed, agent, restart }: ReturnType<typeof diffConfig>): unknown => ({
    added: added.map(({ name }) => name),
    removed: removed.map(({ name }) => name),
    changed: changed.map(({ from, to }) => [from.name, to.name]),
    agent,
    restart,
  });
  const nothing = { added: [], removed: [], changed: [], agent: [], restart: [] };

  test.each<[string, Config, Config, object]>([
    ['of the same file', config([]), config([]), {}],
    ['with one more offering', config([]), config([], [other]), { added: ['other'] }],
    ['with one less', config([], [other]), config([other]), { removed: ['disk'] }],
    ['in another order', config([], [other]), config([other], []), {}],
    ['with another name', config([]), config([{ name: 'new' }]), { changed: [['disk', 'new']] }],
    [
      'with another backend',
      config([]),
      config([{ backend_type: 'croit_s3', backend_settings: { api_url: 'https://c', token: '${env:TOKEN}' } }]),
      { changed: [['disk', 'disk']] },
    ],
    [
      'with other agent-wide values',
      config([]),
      config([{}, { log_level: 'debug', poll_interval: '5s', listen: '127.0.0.1:1', concurrency: 2 }]),
      { agent: ['logLevel', 'reconcile'], restart: ['http', 'concurrency'] },
    ],
  ])('%s', (_, from, to, expected) => {
    expect(names(diffConfig(from, to))).toEqual({ ...nothing, ...expected });
  });
});
