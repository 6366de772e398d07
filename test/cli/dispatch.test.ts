import { describe, expect, it } from 'vitest';
import { dispatch } from '../../src/cli/dispatch.ts';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts';
import type { CommandModule } from '../../src/cli/io.ts';
import { VERSION } from '../../src/cli/version.ts';
import { fakeIo } from './fake-io.ts';
import { failure } from './fake-waldur.ts';

const never = (): Promise<CommandModule> => Promise.reject(new Error('loaded'));
const command = (run: CommandModule['run']) => async (): Promise<CommandModule> => ({ run });

describe('dispatch', () => {
  it('answers --version and --help without loading a command', async () => {
    const io = fakeIo();
    expect(await dispatch(['--version'], io, never)).toBe(EXIT.ok);
    expect(await dispatch(['run', '--help'], io, never)).toBe(EXIT.ok);
    expect(io.out()).toMatch(new RegExp(`^waldur-storage-agent ${VERSION} `));
    expect(io.err()).toBe('');
  });

  it('tells a wrong command line on stderr', async () => {
    const io = fakeIo();
    expect(await dispatch(['rnu'], io, never)).toBe(EXIT.usage);
    expect(io.out()).toBe('');
    expect(io.err()).toBe('error: unknown command "rnu", did you mean run?\nagent --help shows what there is\n');
  });

  it('tells it as JSON when asked', async () => {
    const io = fakeIo();
    expect(await dispatch(['plan', '--json', '--offerng', 'x'], io, never)).toBe(EXIT.usage);
    expect(JSON.parse(io.out())).toEqual({
      error: { code: 'USAGE', message: 'unknown option --offerng, did you mean --offering?', hint: expect.any(String) },
    });
  });

  it('hands the command its invocation and passes on its exit code', async () => {
    const io = fakeIo();
    const load = command(async ({ values }, { stdout }) => {
      stdout.write(values.get('offering') ?? '');
      return EXIT.differences;
    });
    expect(await dispatch(['plan', '--offering', 's3'], io, load)).toBe(EXIT.differences);
    expect(io.out()).toBe('s3');
  });

  it('explains a failure, with the same exit code in both forms', async () => {
    const load = command(() => Promise.reject(failure('operator', 'WALDUR_UNAUTHORIZED', 'the token was refused')));
    const text = fakeIo();
    expect(await dispatch(['plan'], text, load)).toBe(EXIT.refused);
    expect(text.err()).toBe('error: the token was refused (WALDUR_UNAUTHORIZED)\n  do something\n');
    const json = fakeIo();
    expect(await dispatch(['plan', '--json'], json, load)).toBe(EXIT.refused);
    expect(JSON.parse(json.out()).error.code).toBe('WALDUR_UNAUTHORIZED');
  });

  it('shows the stack of a bug, without secrets', async () => {
    const io = fakeIo();
    io.secrets.add('hunter2hunter2');
    const load = command(() => Promise.reject(new TypeError('cannot read hunter2hunter2')));
    expect(await dispatch(['plan'], io, load)).toBe(EXIT.bug);
    expect(io.err()).toContain('at ');
    expect(io.err()).not.toContain('hunter2');
  });

  it('says try again after an interruption', async () => {
    const io = fakeIo();
    const load = command(async (_, { signal }) => {
      io.abort.abort(new Error('stopped'));
      signal.throwIfAborted();
      return EXIT.ok;
    });
    expect(await dispatch(['plan'], io, load)).toBe(EXIT.interrupted);
  });
});

describe('exitCodeOf', () => {
  it.each([
    [failure('transient', 'WALDUR_UNREACHABLE'), 69],
    [failure('operator', 'WALDUR_FORBIDDEN'), 77],
    [failure('operator', 'STOMP_REFUSED'), 77],
    [failure('operator', 'WALDUR_TLS'), 69],
    [failure('operator', 'CONFIG_INVALID'), 78],
    [failure('operator', 'PLUGIN_UNUSABLE'), 78],
    [failure('terminal', 'WALDUR_NOT_FOUND'), 1],
    [failure('terminal', 'USAGE'), 64],
    [failure('bug', 'BUG'), 70],
    [new Error('x'), 70],
    ['x', 70],
  ])('maps %s to %d', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
