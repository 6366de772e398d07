import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { createLog, type Log, type LogLevel } from '../../src/lib/log.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { manualClock } from '../fakes/clock.ts';

interface Rig {
  readonly log: Log;
  readonly lines: string[];
  readonly levels: LogLevel[];
  readonly last: () => Record<string, unknown>;
}

function create(options: { level?: LogLevel | 'silent'; secrets?: readonly string[] } = {}): Rig {
  const secrets = createSecrets();
  for (const secret of options.secrets ?? []) secrets.add(secret);
  const lines: string[] = [];
  const levels: LogLevel[] = [];
  const log = createLog({
    level: options.level ?? 'debug',
    clock: manualClock(),
    secrets,
    write: (line, level) => {
      lines.push(line);
      levels.push(level);
    },
  });
  return { log, lines, levels, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

describe('createLog', () => {
  it('writes one line of JSON: level, time of the clock, fields, message', () => {
    const { log, lines } = create();
    log.info({ offering: 'minio', ms: 12 }, 'order handled');
    expect(lines).toEqual([
      '{"level":"info","time":"2026-08-25T10:00:00.000Z","offering":"minio","ms":12,"msg":"order handled"}\n',
    ]);
  });

  it('tells the writer the level of each line, children included', () => {
    const { log, levels } = create();
    log.debug({}, 'a');
    log.child({ component: 'events' }).warn({}, 'b');
    log.error({}, 'c');
    log.info({}, 'd');
    expect(levels).toEqual(['debug', 'warn', 'error', 'info']);
  });

  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['silent', 0],
  ] as const)('at level %s writes %i of debug, info, warn and error', (level, count) => {
    const { log, lines } = create({ level });
    log.debug({}, 'x');
    log.info({}, 'x');
    log.warn({}, 'x');
    log.error({}, 'x');
    expect(lines).toHaveLength(count);
  });

  it('gives a child the fields of its parent', () => {
    const { log, last } = create();
    log.child({ component: 'orders' }).child({ offering: 'minio' }).info({ order: 'a1' }, 'x');
    expect(last()).toMatchObject({ component: 'orders', offering: 'minio', order: 'a1' });
  });

  it('shows an expected error without its stack, and its causes with theirs', () => {
    const { log, last } = create();
    const cause = new TypeError('socket hang up');
    const options = { code: 'WALDUR_UNREACHABLE', disposition: 'transient', hint: 'wait', cause } as const;
    log.warn({ err: new AgentError('reading order 1', options) }, 'x');
    const shown = last()['err'] as Record<string, unknown>;
    expect(shown).toEqual({
      type: 'AgentError',
      code: 'WALDUR_UNREACHABLE',
      disposition: 'transient',
      hint: 'wait',
      message: 'reading order 1',
      cause: { type: 'TypeError', message: 'socket hang up', stack: expect.stringContaining('log.test') as unknown },
    });
  });

  it('shows the stack of a bug', () => {
    const { log, last } = create();
    log.error({ err: new AgentError('x', { code: 'BUG', disposition: 'bug' }) }, 'x');
    expect(last()['err']).toMatchObject({ stack: expect.stringContaining('log.test') as unknown });
  });

  it('shows nothing else of a foreign error: it may hold the request, and that the token', () => {
    const { log, lines } = create();
    const config = { headers: { Authorization: 'Token unregistered-token' } };
    const request = { _header: 'Authorization: Token unregistered-token' };
    log.error({ err: Object.assign(new Error('Request failed'), { config, request, response: { config } }) }, 'x');
    expect(lines[0]).toContain('Request failed');
    expect(lines[0]).not.toContain('unregistered-token');
  });

  it('survives an error that is its own cause, and values that are no errors', () => {
    const { log, last } = create();
    const loop = new Error('loop');
    loop.cause = loop;
    log.error({ err: loop }, 'x');
    expect(last()['err']).toMatchObject({ message: 'loop', cause: { message: 'loop' } });
    log.error({ err: 'text' }, 'x');
    expect(last()['err']).toBe('text');
  });

  it.each([
    'token',
    'password',
    'secret',
    'secretKey',
    'secret_key',
    'authorization',
    'passcode',
    'api_key',
    'credentials',
  ])('hides the field %s although its value was never registered', (key) => {
    const { log, lines } = create();
    log.info({ [key]: 'unregistered' }, 'x');
    log.info({ request: { [key]: 'unregistered' } }, 'x');
    expect(lines.join('')).not.toContain('unregistered');
  });
});

/** Everywhere a value can get into a line. */
const POSITIONS: readonly (readonly [string, (log: Log, secret: string) => void])[] = [
  ['the message', (log, secret) => log.info({}, `using ${secret} now`)],
  ['a field', (log, secret) => log.info({ value: secret }, 'x')],
  ['part of a field', (log, secret) => log.info({ url: `https://u:${encodeURIComponent(secret)}@host/` }, 'x')],
  ['the name of a field', (log, secret) => log.info({ [secret]: 1 }, 'x')],
  ['a deep field', (log, secret) => log.info({ a: { b: { c: { Token: secret } } } }, 'x')],
  ['a list', (log, secret) => log.info({ argv: ['--password', secret] }, 'x')],
  ['a header', (log, secret) => log.info({ headers: { Authorization: `Token ${secret}` } }, 'x')],
  ['base64', (log, secret) => log.info({ value: Buffer.from(secret).toString('base64') }, 'x')],
  ['the message of an error', (log, secret) => log.error({ err: new Error(`401 for ${secret}`) }, 'x')],
  ['the cause of an error', (log, secret) => log.error({ err: new Error('x', { cause: new Error(secret) }) }, 'x')],
  ['a cause that is no error', (log, secret) => log.error({ err: new Error('x', { cause: secret }) }, 'x')],
  ['the name of an error', (log, secret) => log.error({ err: Object.assign(new Error('x'), { name: secret }) }, 'x')],
  [
    'the hint of an error',
    (log, secret) =>
      log.error({ err: new AgentError('x', { code: 'X', disposition: 'operator', hint: `not ${secret}` }) }, 'x'),
  ],
  ['an error in another field', (log, secret) => log.error({ reason: new Error(secret) }, 'x')],
  [
    'the fields of a child',
    (log, secret) =>
      log
        .child({ account: secret })
        .child({ deeper: [secret] })
        .info({}, 'x'),
  ],
];

describe('registered secrets', () => {
  it.each(POSITIONS)('never come out of %s', (_, write) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 6, maxLength: 30 }), (secret) => {
        // Shorter ones are not registered, and the frame of every line consists of such text.
        fc.pre(!'{"level":"error","time":"2026-08-25T10:00:00.000Z","msg":"x"}'.includes(secret));
        const { log, lines } = create({ secrets: [secret] });
        write(log, secret);
        expect(lines).toHaveLength(1);
        const line = lines[0] ?? '';
        expect(line).not.toContain(JSON.stringify(secret).slice(1, -1));
        expect(line).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
        expect(line).not.toContain(encodeURIComponent(secret));
      }),
    );
  });

  it.each(POSITIONS)('leave valid JSON behind in %s', (_, write) => {
    for (const secret of [
      'hunter2-hunter2',
      'with "quotes" in it',
      'back\\slash\\',
      'tab\tand\nline',
      'пароль-долгий',
    ]) {
      const { log, lines, last } = create({ secrets: [secret] });
      write(log, secret);
      expect(last(), lines[0]).toMatchObject({ time: '2026-08-25T10:00:00.000Z' });
      // pino shows nothing at all of an error outside `err`.
      expect(lines[0]).toMatch(/\*\*\*|"reason":\{\}/);
    }
  });
});
