import { describe, expect, it } from 'vitest';
import { S3_NAMESPACE } from '../../../../src/s3/xml/write.ts';
import { refusal } from '../../../../test/s3/fixtures.ts';
import { readCompleteUpload, readDelete, readLocation } from '../../gateway/xml/read.ts';

const codeOf = (work: () => unknown): string => refusal(work).code;

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
      '<Delete><Object><Key> a\n&#13;b </Key></Object><Object><Key>&#1;</Key><VersionId>null</VersionId><ETag>"x"</ETag><Size> 7</Size></Object>' +
      '<Quiet>true</Quiet></Delete>';
    expect(readDelete(text)).toEqual({
      quiet: true,
      objects: [
        { key: ' a\n\rb ', versionId: undefined, conditions: {} },
        { key: '\u0001', versionId: 'null', conditions: { etag: '"x"', size: '7' } },
      ],
    });
    expect(readDelete('<Delete><Object><Key>a</Key></Object></Delete>').quiet).toBe(false);
  });

  it.each([
    ['no object', '<Delete/>', 'MalformedXML'],
    ['no key', '<Delete><Object/></Delete>', 'MalformedXML'],
    ['an empty key', '<Delete><Object><Key/></Object></Delete>', 'MalformedXML'],
    ['1001 objects', `<Delete>${'<Object><Key>a</Key></Object>'.repeat(1001)}</Delete>`, 'MalformedXML'],
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
