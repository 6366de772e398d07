import { describe, expect, it } from 'vitest';
import { createJoiner } from '../../docker/audit/join.ts';
import { eventLines } from './memory-audit.ts';

type Changes = Omit<Parameters<typeof eventLines>[1], 'argv'>;

/** What the joiner says of each line, with the number of the line as its place. */
function joined(...lines: readonly string[]) {
  const joiner = createJoiner<number>();
  return { joiner, uses: lines.map((line, place) => joiner.add(line, place)) };
}

const [SYSCALL = '', EXECVE = ''] = records('100.000:1');
const USE = { event: '100.000:1', at: 100, uid: 1234, exe: '/usr/bin/docker', argv: ['docker', 'pull', 'a'] };

/** The record of the call, and that of its arguments. */
function records(event: string, changes: Changes = {}): readonly string[] {
  return eventLines(event, { argv: 'docker pull a', ...changes })
    .trimEnd()
    .split('\n');
}

function execve(fields: string): string {
  return `type=EXECVE msg=audit(100.000:1):${fields}`;
}

describe('an event', () => {
  it('is a use as soon as both records are there, in either order, and only once', () => {
    expect(joined(SYSCALL, EXECVE, EXECVE, SYSCALL).uses).toEqual([undefined, USE, undefined, undefined]);
    expect(joined(EXECVE, SYSCALL).uses).toEqual([undefined, USE]);
    expect(joined('type=CWD msg=audit(100.000:1): cwd="/"', SYSCALL).uses).toEqual([undefined, undefined]);
  });

  it.each<[string, Changes]>([
    ['that failed', { success: 'no' }],
    ['without a user', { auid: '4294967295', uid: 4_294_967_295 }],
    ['under another key', { key: '"other"' }],
    ['of a client that started nothing', { syscall: 44 }],
    ['of the socket that started something', { key: '"docker-socket"' }],
  ])('%s is none, and is over', (_, changes) => {
    const { joiner, uses } = joined(...records('100.000:1', changes));
    expect(uses).toEqual([undefined, undefined]);
    expect(joiner.oldestOpen()).toBeUndefined();
  });

  it.each([59, 322, 221, 281])('of execve by number %i is one', (syscall) => {
    expect(joined(...records('100.000:1', { syscall })).uses[1]).toEqual(USE);
  });

  it('of the socket has no arguments, and the login uid goes first', () => {
    const [socket = ''] = records('100.000:1', { key: '"docker-socket"', syscall: 42, auid: '1000', uid: 0 });
    expect(joined(socket).uses).toEqual([{ ...USE, uid: 1000, argv: undefined }]);
  });
});

describe('arguments', () => {
  it('are put together from pieces in any order', () => {
    const first = execve(' argc=3 a0="docker" a1_len=6 a1[1]="ll"');
    const second = execve(`  a1[0]="pu"  a2=${Buffer.from('é').toString('hex').toUpperCase()}`);
    const third = execve('  a1[2]="xy"');
    const { uses } = joined(SYSCALL, first, second.replace('  a2', ' a2'), third);
    expect(uses).toEqual([undefined, undefined, undefined, { ...USE, argv: ['docker', 'pullxy', 'é'] }]);
  });

  it('are waited for while one or a piece is missing', () => {
    const { joiner, uses } = joined(SYSCALL, execve(' argc=2 a0="docker"'), execve('  a2="x"'));
    expect(uses).toEqual([undefined, undefined, undefined]);
    expect(joiner.oldestOpen()).toEqual({ event: '100.000:1', place: 0 });
    expect(joiner.add(execve('  a1="ps"'), 3)).toEqual({ ...USE, argv: ['docker', 'ps'] });
  });

  it('are counted by the record that says how many there are', () => {
    expect(joined(SYSCALL, execve('  a0="docker"'), execve(' argc=1')).uses[2]).toEqual({ ...USE, argv: ['docker'] });
  });
});

describe('what is open', () => {
  it('is nothing at first, and then the oldest that is not complete', () => {
    const { joiner } = joined();
    expect(joiner.oldestOpen()).toBeUndefined();
    joiner.add(SYSCALL, 7);
    const [later = '', arguments_ = ''] = records('101.000:2');
    joiner.add(later, 8);
    joiner.add(arguments_, 9);
    expect(joiner.oldestOpen()).toEqual({ event: '100.000:1', place: 7 });
    joiner.add(EXECVE, 10);
    expect(joiner.oldestOpen()).toBeUndefined();
  });

  it('is given up when five seconds have passed in the log', () => {
    const [at = '', after = ''] = ['105.000:2', '105.001:2'].map((event) => records(event)[0]);
    expect(joined(SYSCALL, at, EXECVE).uses[2]).toEqual(USE);
    expect(joined(SYSCALL, after, EXECVE).uses[2]).toBeUndefined();
  });

  it('is no more than some hundred events of one moment', () => {
    const others = (count: number) => Array.from({ length: count }, (_, at) => records(`100.000:${at + 2}`)[0] ?? '');
    expect(joined(SYSCALL, ...others(511), EXECVE).uses.at(-1)).toEqual(USE);
    expect(joined(SYSCALL, ...others(512), EXECVE).uses.at(-1)).toBeUndefined();
  });
});
