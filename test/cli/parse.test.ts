import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optionsOf } from '../../src/cli/command-table.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

const argv = (line: string): string[] => (line === '' ? [] : line.split(' '));

describe('parseCommandLine', () => {
  it.each([
    ['run', 'run', {}, [], []],
    ['-c a.yaml run', 'run', { config: 'a.yaml' }, [], []],
    ['run --config=a.yaml -v', 'run', { config: 'a.yaml' }, ['verbose'], []],
    [
      'report --dry-run --offering s3 --period 2026-08',
      'report',
      { offering: 's3', period: '2026-08' },
      ['dry-run'],
      [],
    ],
    ['components diff --json --exit-code', 'components diff', {}, ['json', 'exit-code'], []],
    ['components --offering s3 push', 'components push', { offering: 's3' }, [], []],
    ['-qv plan', 'plan', {}, ['quiet', 'verbose'], []],
    ['plan --offering=-odd', 'plan', { offering: '-odd' }, [], []],
    ['completion zsh', 'completion', {}, [], ['zsh']],
    ['help components diff', 'help', {}, [], ['components', 'diff']],
    ['__complete -- report --', '__complete', {}, [], ['report', '--']],
    ['sandbox --profile 2024', 'sandbox', { profile: '2024' }, [], []],
  ])('understands %s', (line, command, values, flags, positionals) => {
    const parsed = parseCommandLine(argv(line));
    expect(parsed).toEqual({
      kind: 'command',
      invocation: { command, values: new Map(Object.entries(values)), flags: new Set(flags), positionals },
    });
  });

  it.each([
    ['--help', undefined],
    ['report -h', 'report'],
    ['-h components', 'components'],
    ['components push --help', 'components push'],
    ['nonsense --help', undefined],
    ['offering create --help', 'offering create'],
  ])('shows help for %s', (line, topic) => {
    expect(parseCommandLine(argv(line))).toEqual({ kind: 'help', topic });
  });

  it('shows the version', () => {
    expect(parseCommandLine(['--version'])).toEqual({ kind: 'version' });
  });

  it.each([
    ['', 'a command is missing'],
    ['reprot', 'unknown command "reprot", did you mean report?'],
    ['xyz', 'unknown command "xyz"'],
    ['components', 'components needs one of: diff, push'],
    ['components pusj', 'unknown command "components pusj", did you mean components push?'],
    ['report --dryrun', 'unknown option --dryrun, did you mean --dry-run?'],
    ['report -x', 'unknown option -x'],
    ['report --offering', 'option --offering needs a value (NAME)'],
    ['report --offering --dry-run', 'option --offering needs a value (NAME)'],
    ['report --offering=', 'option --offering needs a value (NAME)'],
    ['report --dry-run=yes', 'option --dry-run takes no value'],
    ['run --json', 'unknown option --json'],
    ['run now', 'unexpected word "now"'],
    ['completion', 'SHELL is missing'],
    ['completion tcsh', 'SHELL is one of bash, zsh, fish, not "tcsh"'],
    ['sandbox --profile 9', '--profile is one of 8.1, 8.0, 2024, not "9"'],
    ['offering create --name x --category y', 'option --customer is required'],
    ['validate --token abc', 'unknown option --token'],
  ])('refuses %s', (line, message) => {
    expect(parseCommandLine(argv(line))).toMatchObject({ kind: 'error', message });
  });

  it('never throws', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--', '-', 'run', 'report', '--offering', '-c', '--json', '=', '--=x'),
    );
    fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (words) => parseCommandLine(words).kind !== undefined));
  });
});

describe('the command table', () => {
  it('gives an option of one name one form', () => {
    const forms = new Map<string, boolean>();
    for (const option of COMMANDS.flatMap((spec) => optionsOf(spec))) {
      const takesValue = option.placeholder !== undefined;
      expect(forms.get(option.name) ?? takesValue, option.name).toBe(takesValue);
      forms.set(option.name, takesValue);
    }
  });

  it('takes no secret as an option', () => {
    const names = COMMANDS.flatMap((spec) => optionsOf(spec)).map(({ name }) => name);
    expect(names.filter((name) => /token|secret|password|key/.test(name))).toEqual([]);
  });

  it('has examples that parse', () => {
    for (const example of COMMANDS.flatMap((spec) => spec.examples)) {
      const words = (example.split(/ [|>] /)[0] ?? '').match(/"[^"]*"|\S+/g) ?? [];
      const parsed = parseCommandLine(words.slice(1).map((word) => word.replaceAll('"', '')));
      expect(parsed.kind, example).toBe('command');
    }
  });
});
