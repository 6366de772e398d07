import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../gateway/s3-error.ts';
import { childText, parseXml } from '../../gateway/xml/parse.ts';
import { LARGEST_DOCUMENT, readCompleteUpload, readDelete, readLocation } from '../../gateway/xml/read.ts';
import { element, render, S3_NAMESPACE } from '../../gateway/xml/write.ts';
import { refusal } from './fixtures.ts';

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
      const many = piece.repeat(LARGEST_DOCUMENT / piece.length);
      for (const text of [`<a>${many}`, `<a${many}`, `<!--${many}`])
        expect(codeOf(() => parseXml(text))).toBe('MalformedXML');
    },
    10_000,
  );
});

describe('CompleteMultipartUpload', () => {
  const upload = (parts: string) =>
    readCompleteUpload(`<CompleteMultipartUpload xmlns="${S3_NAMESPACE}">${parts}</CompleteMultipartUpload>`);

  it('keeps the order, takes the quotes off, reads checksums', () => {
    expect(
      upload(
        '<Part><ETag>"a54357aff0632cce46d942af68356b38"</ETag><PartNumber>2</PartNumber></Part>' +
          '<Part><PartNumber>1</PartNumber><ETag>&quot;b&quot;</ETag><ChecksumCRC32C>sOO8/Q==</ChecksumCRC32C></Part>' +
          '<Part><PartNumber> 10000 </PartNumber><ETag>c</ETag></Part>',
      ),
    ).toEqual([
      { partNumber: 2, etag: 'a54357aff0632cce46d942af68356b38', checksum: undefined },
      { partNumber: 1, etag: 'b', checksum: { algorithm: 'crc32c', value: 'sOO8/Q==' } },
      { partNumber: 10_000, etag: 'c', checksum: undefined },
    ]);
  });

  it('reads ten thousand parts', () => {
    const part = (number: number) => `<Part>\n<PartNumber>${number}</PartNumber>\n<ETag>"a"</ETag>\n</Part>\n`;
    expect(upload(Array.from({ length: 10_000 }, (_, index) => part(index + 1)).join(''))).toHaveLength(10_000);
    expect(codeOf(() => upload(part(1).repeat(10_001)))).toBe('MalformedXML');
  });

  it.each([
    ['no part', ''],
    ['no number', '<Part><ETag>a</ETag></Part>'],
    ['no ETag', '<Part><PartNumber>1</PartNumber></Part>'],
    ['part 0', '<Part><PartNumber>0</PartNumber><ETag>a</ETag></Part>'],
    ['part 10001', '<Part><PartNumber>10001</PartNumber><ETag>a</ETag></Part>'],
    [
      'two checksums',
      '<Part><PartNumber>1</PartNumber><ETag>a</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>',
    ],
    ['two numbers', '<Part><PartNumber>1</PartNumber><PartNumber>2</PartNumber><ETag>a</ETag></Part>'],
  ])('refuses %s', (_, parts) => {
    expect(codeOf(() => upload(parts))).toBe('MalformedXML');
  });

  it('is not another document', () => {
    expect(codeOf(() => readCompleteUpload('<Delete/>'))).toBe('MalformedXML');
  });
});

describe('Delete', () => {
  it('reads keys as they are', () => {
    const text =
      '<Delete><Object><Key> a\n&#13;b </Key></Object><Object><Key>&#1;</Key><VersionId>null</VersionId></Object>' +
      '<Quiet>true</Quiet></Delete>';
    expect(readDelete(text)).toEqual({
      quiet: true,
      objects: [
        { key: ' a\n\rb ', versionId: undefined },
        { key: '\u0001', versionId: 'null' },
      ],
    });
    expect(readDelete('<Delete><Object><Key>a</Key></Object></Delete>').quiet).toBe(false);
  });

  it.each([
    ['no object', '<Delete/>', 'MalformedXML'],
    ['no key', '<Delete><Object/></Delete>', 'MalformedXML'],
    ['an empty key', '<Delete><Object><Key/></Object></Delete>', 'MalformedXML'],
    ['1001 objects', `<Delete>${'<Object><Key>a</Key></Object>'.repeat(1001)}</Delete>`, 'MalformedXML'],
    ['a condition', '<Delete><Object><Key>a</Key><ETag>"x"</ETag></Object></Delete>', 'NotImplemented'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => readDelete(text))).toBe(code);
  });
});

describe('CreateBucketConfiguration', () => {
  it.each([
    ['', undefined],
    [' \n', undefined],
    ['<CreateBucketConfiguration/>', undefined],
    ['<CreateBucketConfiguration><LocationConstraint/></CreateBucketConfiguration>', undefined],
    ['<CreateBucketConfiguration><LocationConstraint>eu-1</LocationConstraint></CreateBucketConfiguration>', 'eu-1'],
  ])('%j: %s', (text, location) => {
    expect(readLocation(text)).toBe(location);
  });

  it('is not something else', () => {
    expect(codeOf(() => readLocation('{}'))).toBe('MalformedXML');
  });
});
