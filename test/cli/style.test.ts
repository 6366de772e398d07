import { describe, expect, it } from 'vitest';
import { createStyle, printable, wantsColor, wantsUnicode } from '../../src/cli/style.ts';
import { renderTable, wrap } from '../../src/cli/table.ts';

describe('wantsColor', () => {
  it.each([
    [{}, true, true, true],
    [{}, false, true, false],
    [{}, true, false, false],
    [{ NO_COLOR: '1' }, true, true, false],
    [{ NO_COLOR: '' }, true, true, true],
    [{ FORCE_COLOR: '1' }, false, true, true],
    [{ FORCE_COLOR: '0' }, true, true, false],
    [{ FORCE_COLOR: '1' }, false, false, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, true, false],
    [{ TERM: 'dumb' }, true, true, false],
  ])('with %j, terminal %s, --no-color absent %s: %s', (env, isTTY, flag, expected) => {
    expect(wantsColor(env, isTTY, flag)).toBe(expected);
  });
});

describe('wantsUnicode', () => {
  it.each([
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'en_US.UTF-8', LANG: 'C' }, true],
  ])('with %j: %s', (env, expected) => {
    expect(wantsUnicode(env)).toBe(expected);
  });
});

describe('createStyle', () => {
  it('falls back to ASCII', () => {
    const { glyphs } = createStyle({ color: false, unicode: false });
    expect(Object.values(glyphs).join('')).toMatch(/^[ -~]+$/);
  });
});

describe('printable', () => {
  it.each([
    ['a\u001b[31mb', 'a?[31mb'],
    ['a\r\nb', 'a??b'],
    ['\u202eevil', '?evil'],
    ['Zoë – 数据', 'Zoë – 数据'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('renderTable', () => {
  it('aligns columns by what is seen', () => {
    const { green } = createStyle({ color: true, unicode: true });
    const esc = String.fromCharCode(27);
    expect(
      renderTable(
        [
          ['a', green('bb'), '1'],
          ['ccc', 'd', '22'],
        ],
        [2],
      ),
    ).toBe(`a    ${esc}[32mbb${esc}[39m   1\nccc  d   22\n`);
  });

  it('leaves no space at the end of lines', () => {
    expect(
      renderTable([
        ['a', ''],
        ['b', 'c'],
      ]),
    ).toBe('a\nb  c\n');
  });
});

describe('wrap', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['a-very-long-word b', 5, ['a-very-long-word', 'b']],
    ['', 10, ['']],
  ])('breaks %j at %d', (text, columns, lines) => {
    expect(wrap(text, columns)).toEqual(lines);
  });
});
