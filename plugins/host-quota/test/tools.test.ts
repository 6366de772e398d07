import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { manualClock } from '../../../test/fakes/clock.ts';
import { formatAccountId, parseAccountId } from '../accounts/account-id.ts';
import { allocateId, parseRange } from '../host/allocate.ts';
import { checkArguments, checkName, isName } from '../tools/argv.ts';
import { createRun } from '../tools/run.ts';

const { signal } = new AbortController();

describe('a program of the host', () => {
  const run = createRun(systemClock);

  it('answers its code and both streams, in the C locale, without our environment', async () => {
    const script = 'echo "$LC_ALL:$HOME"; echo oops >&2; exit 3';
    expect(await run('sh', ['-c', script], signal)).toEqual({ code: 3, stdout: 'C:\n', stderr: 'oops\n' });
  });

  it('reads what it is given, and nothing of ours', async () => {
    expect((await run('cat', ['-'], signal)).stdout).toBe('');
    expect((await run('cat', ['-'], signal, { stdin: '1 2\n' })).stdout).toBe('1 2\n');
  });

  it('is ended by its deadline and by the signal', async () => {
    const clock = manualClock();
    const slow = createRun(clock)('sleep', ['60'], signal, { timeoutMs: 1000 });
    const late = expect(slow).rejects.toMatchObject({ code: 'DEADLINE' });
    await clock.advance(1000);
    await late;
    const controller = new AbortController();
    const stopped = run('sleep', ['60'], controller.signal);
    controller.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
  });

  it('that is not installed is for the operator', async () => {
    await expect(run('no-such-program', ['x'], signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_TOOL_MISSING',
      disposition: 'operator',
    });
  });

  it('can be elsewhere', async () => {
    expect((await createRun(systemClock, { setquota: '/bin/echo' })('setquota', ['x'], signal)).stdout).toBe('x\n');
  });
});

describe('names in arguments', () => {
  it.each(['../x', 'tank/home;rm', '-a', 'tank//home', 'tank/../x', '', 'a b', 'tank/home\n', '$(x)'])(
    '%j is no dataset',
    (name) => {
      expect(isName('dataset', name)).toBe(false);
    },
  );

  it.each(['-rf', '', 'a b', 'x;y', 'é', 'a/b', 'a\nb'])('%j is no user', (name) => {
    expect(isName('user', name)).toBe(false);
  });

  it.each(['/dev/../etc', '/dev/', 'dev/sda', '/dev/sd a', '/etc/passwd'])('%j is no block device', (name) => {
    expect(isName('block device', name)).toBe(false);
  });

  it.each([
    ['dataset', 'tank/home-1.x:y'],
    ['user', 'waldur_org_p-1.x'],
    ['block device', '/dev/mapper/vg-data'],
    ['container', '0123456789ab'],
    ['path', '/srv/data.1/x'],
  ] as const)('%s may be %s', (kind, name) => {
    expect(isName(kind, name)).toBe(true);
  });

  it('never begin with a dash or hold a control character, whatever they are for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const kind of ['dataset', 'user', 'group', 'container', 'block device', 'path'] as const) {
          if (isName(kind, text)) expect(text).toMatch(/^[^-\p{Cc}][^\p{Cc}]*$/u);
        }
      }),
      { numRuns: 2000 },
    );
  });

  const refusal = { code: 'HOST_QUOTA_BAD_NAME', disposition: 'terminal' };
  it.each([
    ['', ['a']],
    ['x', ['']],
    ['x', ['a', 'a\0b']],
    ['x\n', ['a']],
    ['x', ['a'.repeat(4097)]],
  ])('%j with %j is not started', (program, args) => {
    expect(() => checkArguments(program, args)).toThrow(expect.objectContaining(refusal));
  });

  it('may be as long as 4096 characters, and there may be none', () => {
    expect(() => checkArguments('x', ['a'.repeat(4096), 'é b'])).not.toThrow();
    expect(() => checkArguments('x', [])).not.toThrow();
  });

  it('are checked by kind, up to 1024 characters', () => {
    expect(checkName('user', 'alice')).toBe('alice');
    expect(() => checkName('user', '-x')).toThrow(expect.objectContaining(refusal));
    expect(() => checkName('user', '-x')).toThrow('"-x" cannot be the name of a user');
    expect(isName('path', `/${'a'.repeat(1023)}`)).toBe(true);
    expect(isName('path', `/${'a'.repeat(1024)}`)).toBe(false);
  });

  it.each(['tank/.', './tank', 'tank/..', 'tank/./x', 'tank/', '/tank'])('%j is no dataset either', (name) => {
    expect(isName('dataset', name)).toBe(false);
  });

  it('dots alone are a user, and no part of a dataset', () => {
    expect(isName('user', '..')).toBe(true);
    expect(isName('dataset', 'tank/..x')).toBe(true);
  });
});

describe('the backend id', () => {
  it('reads back as what it was made of', () => {
    const id = { host: 'storage1', subject: 'user', id: 1234, device: '/srv/data' } as const;
    expect(formatAccountId(id)).toBe('storage1/user/1234@/srv/data');
    expect(parseAccountId('storage1/user/1234@/srv/data')).toEqual(id);
    expect(parseAccountId('h/project/7@tank/home')).toMatchObject({ subject: 'project', device: 'tank/home' });
  });

  it('has the highest id of a user', () => {
    expect(parseAccountId('h/group/4294967294@/d')).toMatchObject({ subject: 'group', id: 4_294_967_294 });
  });

  it('is nothing else', () => {
    for (const text of [
      'waldur_a_b_01234567',
      'h/user/x@/d',
      'h/user/4294967295@/d',
      'h/robot/1@/d',
      '/user/1@/d',
      'h/user/99999999999@/d',
      'user/1@/d',
      'h/user/1@',
    ]) {
      expect(parseAccountId(text)).toBeUndefined();
    }
  });
});

describe('ids', () => {
  it.each([
    [[], 10],
    [[10], 11],
    [[5, 11, 99], 12],
    [[12, 11], 13],
    [[10, 13], 11],
    [[13, 12, 10], 11],
    [[13], 10],
    [[13, 10, 11], 12],
  ])('come after the highest of %j, then from gaps: %i', (taken, id) => {
    expect(allocateId({ from: 10, to: 13 }, taken)).toBe(id);
  });

  it('may all be taken', () => {
    const refusal = { code: 'HOST_QUOTA_NO_ID', disposition: 'operator' };
    expect(() => allocateId({ from: 10, to: 11 }, [11, 10])).toThrow(expect.objectContaining(refusal));
    expect(() => allocateId({ from: 10, to: 10 }, [10])).toThrow(expect.objectContaining(refusal));
  });

  it.each([
    ['100000-199999', { from: 100_000, to: 199_999 }],
    ['7-7', { from: 7, to: 7 }],
    ['8-7', undefined],
    ['7', undefined],
    ['7-', undefined],
    ['-7', undefined],
    ['a-b', undefined],
    ['1-99999999999', undefined],
  ])('the range %s is %j', (text, range) => {
    expect(parseRange(text)).toEqual(range);
  });
});
