import { describe, expect, it } from 'vitest';
import { firstWords, OWN_TABLE, optionsOf } from '../../src/cli/command-table.ts';
import { COMMANDS, GROUPS } from '../../src/cli/commands.ts';
import { EXIT, EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { renderHelp } from '../../src/cli/help.ts';
import { createStyle } from '../../src/cli/style.ts';

const plain = createStyle({ color: false, unicode: true });
const visible = COMMANDS.filter((spec) => spec.hidden !== true);

describe('renderHelp', () => {
  it('lists every command and exit code on the first page', () => {
    const text = renderHelp(undefined, plain, 80);
    for (const { name, summary } of firstWords(OWN_TABLE))
      expect(text).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
    for (const { meaning } of EXIT_CODES) expect(text).toContain(meaning);
    expect(text).not.toContain('__complete');
  });

  it.each(visible.map((spec) => [spec.name, spec] as const))('says everything about %s', (_, spec) => {
    const text = renderHelp(spec.name, plain, 80);
    for (const option of optionsOf(spec)) expect(text).toContain(`--${option.name}`);
    for (const example of spec.examples) expect(text).toContain(example);
    expect(text).toContain(`agent ${spec.name}`);
  });

  it.each(Object.keys(GROUPS))('lists the commands of %s', (group) => {
    const members = COMMANDS.filter(({ name }) => name.startsWith(`${group} `));
    for (const { summary } of members) expect(renderHelp(group, plain, 80)).toContain(summary);
  });

  it.each([60, 80])('keeps within %d columns, but for examples', (columns) => {
    for (const spec of visible) {
      const lines = renderHelp(spec.name, plain, columns).split('\n');
      expect(lines.filter((line) => line.length > columns && !spec.examples.includes(line.trim()))).toEqual([]);
    }
  });

  it('has colour only where it is wanted', () => {
    const esc = String.fromCharCode(27);
    expect(renderHelp('run', plain, 80)).not.toContain(esc);
    expect(renderHelp('run', createStyle({ color: true, unicode: true }), 80)).toContain(esc);
  });

  it('documents every exit code there is', () => {
    const documented = EXIT_CODES.map(({ code }) => Number(code));
    for (const code of Object.values(EXIT)) expect(documented).toContain(code);
  });
});
