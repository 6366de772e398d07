import { describe, expect, it } from 'vitest';
import { createFakeHost } from '../fake-tools.ts';
import { recorded } from '../recording.ts';

const { signal } = new AbortController();

/** Everything real tools were asked with numbers, up to the first command that is of another kind. */
describe('the host of the tests prints what the real one printed', () => {
  it.each([
    ['ext4', '/mnt/e'],
    ['xfs', '/mnt/x'],
  ] as const)('%s', async (fstype, mountPoint) => {
    const host = createFakeHost(fstype, mountPoint);
    // The root of a new file system.
    host.change('-u', 0, fstype === 'ext4' ? { usedBytes: 13n * 1024n, usedInodes: 2n } : { usedInodes: 3n });
    const typed = recorded('uml-repquota-verbose.log').filter(
      ({ command }) => command.endsWith(` ${mountPoint}`) || /-b/.test(command),
    );
    let compared = 0;
    for (const { command, output, code } of typed.slice(
      0,
      typed.findIndex((one) => one.command.includes('-O xml')),
    )) {
      const [program = '', ...args] = command.split(' ');
      if (/-b/.test(command)) {
        // What it read was recorded nowhere but in its effects.
        await host.run('setquota', ['-u', '-b', '-c', mountPoint], signal, {
          stdin: '2005 10 20 0 0\nnosuch 1 2 0 0\n2006 30 40 5 6\n',
        });
        continue;
      }
      if (/\d[GMk]\b/.test(command)) args.splice(2, 4, '1048576', '2097152', '1000', '2000');
      if (program === 'repquota' && !args.includes('-p')) continue;
      const ran = await host.run(program, args, signal);
      expect(ran.code, command).toBe(code);
      if (program === 'repquota' && args.includes('-v')) {
        expect(ran.stdout, command).toBe(output);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });
});
