import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderS3Error, S3Error } from '../../src/s3/s3-error.ts';
import { decodeEntities, isXmlText } from '../../src/s3/xml/text.ts';
import { element, encodeKey, render, S3_NAMESPACE } from '../../src/s3/xml/write.ts';

describe('S3Error', () => {
  it('has status and message of its code', () => {
    const error = new S3Error('NoSuchKey');
    expect([error.code, error.status, error.message]).toEqual(['NoSuchKey', 404, 'The specified key does not exist.']);
  });

  it('is rendered as S3 does, with what the client sent escaped', () => {
    const error = new S3Error('InvalidArgument', { message: 'a < b', fields: { ArgumentName: 'x&y' } });
    expect(renderS3Error(error, '/bucket/"key"', '4442587FB7D0A2F9')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<Error><Code>InvalidArgument</Code><Message>a &#60; b</Message><ArgumentName>x&#38;y</ArgumentName>' +
        '<Resource>/bucket/&#34;key&#34;</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>',
    );
  });

  it('says that a quota is exceeded with the status of the contract', () => {
    expect(new S3Error('QuotaExceeded')).toMatchObject({ status: 507, message: 'Bucket quota exceeded' });
  });
});

describe('XML that is written', () => {
  it('nests, leaves out what is undefined, and has the namespace at the root', () => {
    const xml = render(element('R', [element('N', 7), undefined, element('B', false), element('E', '')], S3_NAMESPACE));
    expect(xml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><N>7</N><B>false</B><E></E></R>',
    );
  });

  it('holds any text that XML can hold, and nothing it cannot', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { xml } = element('K', text);
        const inner = xml.slice('<K>'.length, -'</K>'.length);
        expect(/[<>"'\ufffe\uffff]|&(?!#\d+;)|\p{Cs}/u.test(inner)).toBe(false);
        const kept = Array.from(text, (char) => (isXmlText(char) || /[\x7f-\x9f]/.test(char) ? char : '\ufffd'));
        expect(decodeEntities(inner)).toBe(kept.join(''));
      }),
    );
  });

  it('writes any key with encoding-type=url so that form and URL decoders agree on it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const encoded = encodeKey(key, 'url');
        expect(encoded).toMatch(/^[A-Za-z0-9\-._~%/]*$/);
        expect(decodeURIComponent(encoded)).toBe(key);
      }),
    );
    expect(encodeKey('a b/\u0001+', 'url')).toBe('a%20b/%01%2B');
    expect(encodeKey('a b/+', undefined)).toBe('a b/+');
  });
});
