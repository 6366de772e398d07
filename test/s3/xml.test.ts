import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../src/s3/s3-error.ts';
import { childText, parseXml } from '../../src/s3/xml/parse.ts';
import { element, render } from '../../src/s3/xml/write.ts';
import { refusal } from './fixtures.ts';

const FOUR_MILLION = 4 * 1024 * 1024;
const codeOf = (work: () => unknown): string => refusal(work).code;

describe('parseXml', () => {
  it('reads what XML has: declaration, namespaces, attributes, comments, CDATA, entities', () => {
    const root = parseXml(
      `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a - b -->\n<s3:R xmlns:s3='x' a = "b&amp;">` +
        '<K>a &lt;&#x6570;&#65;&quot;</K><K ><![CDATA[<b>&amp;]]> c</K><E/><E a="/" />\r\n</s3:R>\n',
    );
    expect(root.name).toBe('R');
    expect(root.children.map(({ name, text }) => [name, text])).toEqual([
      ['K', 'a <数A"'],
      ['K', '<b>&amp; c'],
      ['E', ''],
      ['E', ''],
    ]);
    expect(root.text).toBe('\n');
    expect(childText(root, 'X')).toBeUndefined();
    expect(codeOf(() => childText(root, 'K'))).toBe('MalformedXML');
  });

  it.each([
    ['nothing', ''],
    ['no element', 'text'],
    ['two roots', '<a/><b/>'],
    ['text around the root', '<a/>b'],
    ['an element that is not closed', '<a><b></a>'],
    ['an end without a beginning', '</a>'],
    ['an end too many', '<a></a></a>'],
    ['another end', '<a></b>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an unknown entity', '<a>&x;</a>'],
    ['a bare ampersand', '<a>b & c</a>'],
    ['NUL', '<a>&#0;</a>'],
    ['NUL as it is', '<a><![CDATA[\0]]></a>'],
    ['a character beyond Unicode', '<a>&#x110000;</a>'],
    ['half a character', '<a>&#xd800;</a>'],
    ['an attribute without quotes', '<a b=c/>'],
    ['a declaration that does not end', '<?xml version="1.0"'],
    ['a comment that does not end', '<a><!-- </a>'],
    ['CDATA that does not end', '<a><![CDATA[ </a>'],
    ['a processing instruction', '<a><?x?></a>'],
    ['too deep', '<a>'.repeat(20) + '</a>'.repeat(20)],
    ['too many', `<a>${'<b/>'.repeat(400_000)}</a>`],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => parseXml(text))).toBe('MalformedXML');
  });

  it('reads back any text that is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const xml = render(element('R', [element('K', text)]));
        expect(childText(parseXml(xml), 'K')).toBe(
          Array.from(text, (char) =>
            /[\p{Cs}\ufffe\uffff]|(?![\t\n\r\x7f-\x9f])\p{Cc}/u.test(char) ? '\ufffd' : char,
          ).join(''),
        );
      }),
    );
  });

  it('throws nothing but S3Error, and soon', () => {
    const token = fc.constantFrom(
      '<a',
      '<a>',
      '</a>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&lt;',
      '&',
      ' b="',
      '"',
      '>',
      '/',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(token, fc.string()), { maxLength: 200 }), (tokens) => {
        try {
          parseXml(tokens.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(S3Error);
        }
      }),
    );
  });

  it.each(['<a ', '<!--', '<![CDATA[', '<a b="', "<a b='c' ", ' b=""', '&', '-', ']', 'a:', '\t'])(
    'takes no more than linear time and stack for four million characters of %j',
    (piece) => {
      const many = piece.repeat(FOUR_MILLION / piece.length);
      for (const text of [`<a>${many}`, `<a${many}`, `<!--${many}`])
        expect(codeOf(() => parseXml(text))).toBe('MalformedXML');
    },
    10_000,
  );
});
