import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstWords, OWN_TABLE, optionsOf } from '../../src/cli/command-table.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { complete } from '../../src/cli/complete.ts';
import { completionScript } from '../../src/cli/completion-script.ts';

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const words = (line: string): string[] => complete(line.split(' ')).candidates.map(({ word }) => word);

describe('complete', () => {
  it.each([
    ['re', ['report']],
    ['components ', ['diff', 'push']],
    ['components p', ['push']],
    ['-c a.yaml comp', ['components', 'completion']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['completion f', ['fish']],
    ['completion bash ', []],
    ['report --dr', ['--dry-run']],
    ['report --dry-run --dr', []],
    ['report --offering x --per', ['--period']],
    ['sandbox --profile ', ['8.1', '8.0', '2024']],
    ['help of', ['offering']],
    ['help offering ', ['create']],
    ['nonsense ', []],
    ['run ', []],
  ])('offers for "%s"', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  it('offers every command', () => {
    expect(words('')).toEqual(firstWords(OWN_TABLE).map(({ name }) => name));
  });

  it.each(COMMANDS.filter((spec) => spec.hidden !== true).map((spec) => [spec.name, spec] as const))(
    'offers every option of %s',
    (name, spec) => {
      expect(words(`${name} --`)).toEqual(optionsOf(spec).map((option) => `--${option.name}`));
    },
  );

  it.each([
    ['-c ', 'file'],
    ['report --config x', 'file'],
    ['report --offering ', 'offering'],
    ['offering create --backend ', 'plugin'],
    ['report ', undefined],
  ])('asks for names after "%s"', (line, dynamic) => {
    expect(complete(line.split(' ')).dynamic).toBe(dynamic);
  });
});

describe('completionScript', () => {
  it.runIf(has('shellcheck'))('is a bash script without complaints', () => {
    execFileSync('shellcheck', ['-'], { input: completionScript('bash') });
  });

  it.runIf(has('zsh'))('is a zsh script', () => {
    execFileSync('zsh', ['-n'], { input: completionScript('zsh') });
  });

  it.runIf(has('fish'))('is a fish script', () => {
    // fish reads pipes, and Node's stdin is a socket.
    execFileSync('sh', ['-c', 'cat | fish --no-execute'], { input: completionScript('fish') });
  });

  it('fills bash replies from what the program answers', () => {
    const directory = mkdtempSync(join(tmpdir(), 'agent-completion-'));
    writeFileSync(join(directory, 'agent.bash'), completionScript('bash'));
    writeFileSync(join(directory, 'notes file'), '');
    const agent = 'case $4 in -c) echo :file;; *) printf "%s\\thelp\\n" "my offering" "$1$2$3";; esac';
    writeFileSync(join(directory, 'agent'), `#!/bin/sh\n${agent}\n`, { mode: 0o755 });
    const script = `source ./agent.bash
      reply() { COMP_WORDS=(./agent "$@"); COMP_CWORD=$#; _waldur_storage_agent; printf '<%s>' "\${COMPREPLY[@]}"; }
      compopt() { :; }
      reply report --offering m
      reply report -c no`;
    const answer = execFileSync('bash', ['-c', script], { cwd: directory, encoding: 'utf8' });
    expect(answer).toBe('<my\\ offering><__complete--report><notes file>');
  });
});
