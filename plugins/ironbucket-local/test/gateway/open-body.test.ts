import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import type { Payload } from '../../../../src/s3/verify/types.ts';
import { verify } from '../../../../src/s3/verify/verify.ts';
import { credential, head, refusal, sha256, stamp, verification } from '../../../../test/s3/fixtures.ts';
import { openBody, readText, storedEncoding } from '../../gateway/body/open-body.ts';
import {
  checksum,
  cut,
  type Framed,
  frame,
  receive,
  SIGNED,
  SIGNED_TRAILER,
  stream,
  UNSIGNED_TRAILER,
  WORDS,
  type Word,
} from './chunked.ts';

const UNSIGNED: Payload = { kind: 'unsigned' };
const bytes = (maxLength = 300) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const md5 = (data: Buffer) => createHash('md5').update(data).digest();
const refused = (code: string) => expect.objectContaining({ name: 'S3Error', code });

describe('the examples of the S3 reference', () => {
  const data = Buffer.alloc(66_560, 'a');
  const common = {
    host: 's3.amazonaws.com',
    'x-amz-date': stamp,
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '66560',
  };
  const framed = (signatures: readonly string[]): string =>
    ['10000', '400', '0']
      .map((size, index) => {
        const length = Number.parseInt(size, 16);
        return `${size};chunk-signature=${signatures[index]}\r\n${'a'.repeat(length)}${length > 0 ? '\r\n' : ''}`;
      })
      .join('');

  it('chunks that are signed', async () => {
    const headers = {
      ...common,
      'x-amz-content-sha256': SIGNED,
      'content-length': '66824',
      authorization:
        `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=content-encoding;content-length;host;` +
        'x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,' +
        'Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    };
    const { payload } = verify(head('PUT', '/examplebucket/chunkObject.txt', headers), verification);
    const wire = `${framed([
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ])}\r\n`;
    expect(wire).toHaveLength(66_824);
    const received = await receive(headers, payload, [Buffer.from(wire)]);
    expect(received.data.equals(data)).toBe(true);
    expect(received.verified).toEqual({ bytes: 66_560, md5: md5(data).toString('hex'), checksum: undefined });
  });

  it('chunks and a trailer that are signed', async () => {
    const headers = {
      ...common,
      'x-amz-content-sha256': SIGNED_TRAILER,
      'x-amz-trailer': 'x-amz-checksum-crc32c',
      authorization:
        `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=content-encoding;host;x-amz-content-sha256;` +
        'x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,' +
        'Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    };
    const { payload } = verify(head('PUT', '/examplebucket/chunkObject.txt', headers), verification);
    const wire = `${framed([
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    ])}x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n`;
    const received = await receive(headers, payload, [Buffer.from(wire)]);
    expect(received.data.equals(data)).toBe(true);
    expect(received.verified.checksum).toEqual({ algorithm: 'crc32c', value: 'sOO8/Q==' });
  });
});

describe.each(WORDS)('%s', (word: Word) => {
  it('gives the same body for any chunks in any buffers', async () => {
    const algorithm = fc.constantFrom('crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256');
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes(), { maxLength: 5 }),
        algorithm,
        fc.array(fc.nat()),
        async (chunks, name, places) => {
          const { headers, payload, wire } = frame(word, chunks, name);
          const { data, verified } = await receive(headers, payload, cut(wire, places));
          const sent = Buffer.concat(chunks);
          expect(data.equals(sent)).toBe(true);
          expect(verified).toEqual({
            bytes: sent.length,
            md5: md5(sent).toString('hex'),
            checksum: word === SIGNED ? undefined : { algorithm: name, value: checksum(name, sent) },
          });
        },
      ),
    );
  });

  it('refuses whatever byte is changed, or else it was one that does not matter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes(60), { minLength: 1 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (chunks, at, by) => {
          const { headers, payload, wire } = frame(word, chunks);
          const changed = Buffer.from(wire);
          const place = at % wire.length;
          changed[place] = (changed[place] ?? 0) ^ by;
          const outcome = await receive(headers, payload, [changed]).catch((error: unknown) => error);
          // Digits of a size, names of trailers and ends of lines may be written in another way.
          if (outcome instanceof S3Error) return;
          expect(outcome).toMatchObject({ data: Buffer.concat(chunks) });
          expect(changed.toString('latin1').toLowerCase().replaceAll(/\s/g, '')).toBe(
            wire.toString('latin1').toLowerCase().replaceAll(/\s/g, ''),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses a body that ends anywhere before its end', async () => {
    const { headers, payload, wire } = frame(word, [Buffer.from('hello'), Buffer.from('world')]);
    for (let end = 0; end < wire.length - '\r\n'.length; end++) {
      const error: unknown = await receive(headers, payload, [wire.subarray(0, end)]).catch(
        (thrown: unknown) => thrown,
      );
      const code = error instanceof S3Error ? error.code : error;
      expect(['IncompleteBody', 'MalformedTrailerError'], `${end} bytes`).toContain(code);
    }
  });

  it('refuses whatever follows', async () => {
    const { headers, payload, wire } = frame(word, [Buffer.from('hello')]);
    await expect(receive(headers, payload, [wire, Buffer.from('x\r\n')])).rejects.toThrow(
      refused('MalformedTrailerError'),
    );
    await expect(receive(headers, payload, [wire, Buffer.from('x')])).rejects.toThrow(refused('IncompleteBody'));
    await expect(receive(headers, payload, [wire, Buffer.from('\r\n'.repeat(20))])).rejects.toThrow(
      refused('MalformedTrailerError'),
    );
  });

  it('throws nothing but S3Error for any bytes at all', async () => {
    const { headers, payload } = frame(word, [Buffer.from('hello')]);
    const alphabet = fc.constantFrom(
      '0',
      '5',
      'a',
      ';',
      '\r\n',
      '\n',
      'hello',
      ':',
      ';chunk-signature=',
      'x-amz-checksum-crc64nvme',
    );
    const garbage = fc.oneof(
      bytes(),
      fc.array(alphabet).map((texts) => Buffer.from(texts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(garbage), async (pieces) => {
        await expect(receive(headers, payload, pieces)).rejects.toBeInstanceOf(S3Error);
      }),
    );
  });

  it('does not keep a line that has no end', async () => {
    const { headers, payload } = frame(word, []);
    const endless = Array.from({ length: 1000 }, () => Buffer.alloc(1000, '0'));
    let taken = 0;
    const pieces = (function* () {
      for (const piece of endless) {
        taken++;
        yield piece;
      }
    })();
    await expect(receive(headers, payload, pieces)).rejects.toThrow(refused('InvalidRequest'));
    expect(taken).toBeLessThan(3);
  });

  it('hands out a chunk before all of it has come', async () => {
    const { headers, payload, wire } = frame(word, [Buffer.alloc(1000, 'a')]);
    const body = openBody(head('PUT', '/b/k', headers), payload, stream([wire.subarray(0, 500)]));
    const first = await body.chunks[Symbol.asyncIterator]().next();
    expect(first.value).toEqual(Buffer.alloc(first.value?.length ?? 0, 'a'));
    expect(first.value?.length).toBeGreaterThan(300);
    expect(() => body.verified()).toThrow('not read to its end');
  });

  it('does not hand out every byte by itself when it comes so', async () => {
    const chunks = Array.from({ length: 500 }, (_, index) => Buffer.from([index & 255]));
    const { headers, payload, wire } = frame(word, chunks);
    const body = openBody(head('PUT', '/b/k', headers), payload, stream([wire]));
    const data: Buffer[] = [];
    for await (const chunk of body.chunks) data.push(Buffer.from(chunk));
    expect(data.length).toBeLessThan(5);
    expect(Buffer.concat(data).equals(Buffer.concat(chunks))).toBe(true);
  });

  it.each(['9', '11'])('compares with x-amz-decoded-content-length: %s', async (length) => {
    const { headers, payload, wire } = frame(word, [Buffer.from('hello'), Buffer.from('world')]);
    const lying = { ...headers, 'x-amz-decoded-content-length': length };
    await expect(receive(lying, payload, [wire])).rejects.toThrow(refused('IncompleteBody'));
  });

  it('hands out no more than was announced', async () => {
    const { headers, payload, wire } = frame(word, [Buffer.from('hello'), Buffer.from('world')]);
    const lying = { ...headers, 'x-amz-decoded-content-length': '9' };
    const body = openBody(head('PUT', '/b/k', lying), payload, stream(cut(wire, Array.from(wire.keys()))));
    let handedOut = '';
    const read = async () => {
      for await (const chunk of body.chunks) handedOut += String(chunk);
    };
    await expect(read()).rejects.toThrow(refused('IncompleteBody'));
    expect(handedOut).toBe('hello');
  });

  it('wants x-amz-decoded-content-length', () => {
    const { headers, payload } = frame(word, []);
    const open = (value: Record<string, string>) =>
      refusal(() => openBody(head('PUT', '/b/k', value), payload, stream([])));
    const { 'x-amz-decoded-content-length': _, ...rest } = headers;
    expect(open(rest)).toMatchObject({ code: 'MissingContentLength', status: 411 });
    expect(open({ ...rest, 'x-amz-decoded-content-length': '1e3' }).code).toBe('InvalidArgument');
  });
});

describe('frames', () => {
  const resend = ({ headers, payload, wire }: Framed, change: (text: string) => string) =>
    receive(headers, payload, [Buffer.from(change(wire.toString('latin1')), 'latin1')]);
  const hello = [Buffer.from('hello'), Buffer.from('world')];

  it('that are signed may not lose their signature, nor others gain one', async () => {
    const unsign = (text: string) => text.replaceAll(/;chunk-signature=\w+/g, '');
    await expect(resend(frame(SIGNED, hello), unsign)).rejects.toThrow(refused('InvalidRequest'));
    const sign = (text: string) => text.replace('5\r\n', `5;chunk-signature=${'0'.repeat(64)}\r\n`);
    await expect(resend(frame(UNSIGNED_TRAILER, hello), sign)).rejects.toThrow(refused('InvalidRequest'));
  });

  it('that are signed cannot change places', async () => {
    const swap = (text: string) => {
      const [first = '', a = '', second = '', b = '', ...rest] = text.split('\r\n');
      return [second, b, first, a, ...rest].join('\r\n');
    };
    await expect(resend(frame(SIGNED, hello), swap)).rejects.toThrow(refused('SignatureDoesNotMatch'));
  });

  it('must have the trailers that were announced, and no others', async () => {
    const trailer = /x-amz-checksum-crc64nvme:.*\r\n/;
    for (const word of [SIGNED_TRAILER, UNSIGNED_TRAILER] as const) {
      const framed = frame(word, hello);
      await expect(resend(framed, (text) => text.replace(trailer, ''))).rejects.toThrow(
        refused('MalformedTrailerError'),
      );
      await expect(resend(framed, (text) => text.replace(trailer, '$&$&'))).rejects.toThrow(
        refused('MalformedTrailerError'),
      );
      await expect(resend(framed, (text) => text.replace(trailer, '$&x-amz-meta-a:1\r\n'))).rejects.toThrow(
        refused('MalformedTrailerError'),
      );
    }
    const unsigned = (text: string) => text.replace(/x-amz-trailer-signature:.*\r\n/, '');
    await expect(resend(frame(SIGNED_TRAILER, hello), unsigned)).rejects.toThrow(refused('MalformedTrailerError'));
  });

  it('may have no trailers when none were announced', async () => {
    const { payload } = frame(UNSIGNED_TRAILER, []);
    const headers = { 'x-amz-decoded-content-length': '5' };
    const { verified } = await receive(headers, payload, [Buffer.from('5\r\nhello\r\n0\r\n\r\n')]);
    expect(verified.checksum).toBeUndefined();
  });

  it.each(['x-amz-meta-a', 'x-amz-checksum-md6', 'x-amz-checksum-crc32,x-amz-checksum-crc32c', ''])(
    'cannot announce %j',
    (name) => {
      const { headers, payload } = frame(UNSIGNED_TRAILER, []);
      const request = head('PUT', '/b/k', { ...headers, 'x-amz-trailer': name });
      expect(refusal(() => openBody(request, payload, stream([]))).code).toBe('InvalidRequest');
    },
  );

  it('cannot have a checksum in a header and another in a trailer', () => {
    const { headers, payload } = frame(UNSIGNED_TRAILER, []);
    const request = head('PUT', '/b/k', { ...headers, 'x-amz-checksum-crc32': 'AAAAAA==' });
    expect(refusal(() => openBody(request, payload, stream([]))).code).toBe('InvalidRequest');
  });

  it('with a wrong checksum in a trailer', async () => {
    const wrong = (text: string) => text.replace(/(crc64nvme:)[^\r]*/, '$1AAAAAAAAAAA=');
    await expect(resend(frame(UNSIGNED_TRAILER, hello), wrong)).rejects.toThrow(refused('BadDigest'));
  });
});

describe('a body without frames', () => {
  const data = Buffer.from('Welcome to Amazon S3.');
  const length = { 'content-length': String(data.length) };
  const hashed = (of: Buffer): Payload => ({ kind: 'hashed', sha256: sha256(of) });

  it('is the same in any buffers', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(), fc.array(fc.nat()), async (sent, places) => {
        const headers = { 'content-length': String(sent.length), 'content-md5': md5(sent).toString('base64') };
        const received = await receive(headers, hashed(sent), cut(sent, places));
        expect(received.data.equals(sent)).toBe(true);
        expect(received.verified).toEqual({ bytes: sent.length, md5: md5(sent).toString('hex'), checksum: undefined });
      }),
    );
  });

  it.each([
    ['another hash', hashed(Buffer.from('x')), length, 'XAmzContentSHA256Mismatch'],
    ['another MD5', UNSIGNED, { ...length, 'content-md5': md5(Buffer.from('x')).toString('base64') }, 'BadDigest'],
    ['another checksum', UNSIGNED, { ...length, 'x-amz-checksum-crc32': 'AAAAAA==' }, 'BadDigest'],
    ['another length', UNSIGNED, { 'content-length': '22' }, 'IncompleteBody'],
  ])('%s is refused', async (_, payload, headers, code) => {
    await expect(receive(headers as Record<string, string>, payload, [data])).rejects.toThrow(refused(code));
  });

  it.each(['', 'AAAA', 'not base64', `${md5(data).toString('hex')}`])('%j is no MD5', (value) => {
    const request = head('PUT', '/b/k', { ...length, 'content-md5': value });
    expect(refusal(() => openBody(request, UNSIGNED, stream([]))).code).toBe('InvalidDigest');
  });

  it.each(['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const)(
    '%s is verified and handed out',
    async (algorithm) => {
      const value = checksum(algorithm, data);
      const { verified } = await receive({ ...length, [`x-amz-checksum-${algorithm}`]: value }, UNSIGNED, [data]);
      expect(verified.checksum).toEqual({ algorithm, value });
    },
  );

  it('may be of unknown length, or none at all', async () => {
    const open = (headers: Record<string, string>) =>
      openBody(head('PUT', '/b/k', headers), UNSIGNED, stream([])).length;
    expect(open({ 'transfer-encoding': 'chunked' })).toBeUndefined();
    expect(open({})).toBe(0);
    const { verified } = await receive({ 'transfer-encoding': 'chunked' }, UNSIGNED, [data, data]);
    expect(verified.bytes).toBe(2 * data.length);
  });

  it.each([
    ['is incomplete when the connection breaks', new Error('aborted'), 'IncompleteBody'],
    ['is refused as what it comes through says', new S3Error('RequestTimeout'), 'RequestTimeout'],
  ])('%s', async (_, reason, code) => {
    const broken = async function* () {
      yield data;
      throw reason;
    };
    const body = openBody(head('PUT', '/b/k', length), UNSIGNED, broken());
    await expect(readText(body, 1000)).rejects.toThrow(refused(code));
  });

  it('leaves checksums of an object to the caller', async () => {
    const request = head('POST', '/b/k?uploadId=1', { ...length, 'x-amz-checksum-crc32': 'AAAAAA==' });
    const body = openBody(request, UNSIGNED, stream([data]), { checksums: false });
    expect(await readText(body, 1000)).toBe(data.toString());
  });
});

describe('readText', () => {
  const read = (data: Buffer, headers: Record<string, string>, limit: number) =>
    readText(openBody(head('POST', '/b', headers), UNSIGNED, stream([data])), limit);

  it('bounds what it keeps, announced or not', async () => {
    const data = Buffer.from('12345');
    expect(await read(data, { 'content-length': '5' }, 5)).toBe('12345');
    await expect(read(data, { 'content-length': '5' }, 4)).rejects.toThrow(refused('MaxMessageLengthExceeded'));
    await expect(read(data, { 'transfer-encoding': 'chunked' }, 4)).rejects.toThrow(
      refused('MaxMessageLengthExceeded'),
    );
  });

  it('wants UTF-8', async () => {
    await expect(read(Buffer.from([0xff]), { 'content-length': '1' }, 5)).rejects.toThrow(refused('MalformedXML'));
  });
});

describe('storedEncoding', () => {
  it.each([
    ['aws-chunked', undefined],
    ['', undefined],
    ['gzip', 'gzip'],
    ['aws-chunked, gzip', 'gzip'],
    ['gzip,AWS-Chunked,br', 'gzip, br'],
  ])('%s: %s', (value, expected) => {
    expect(storedEncoding(head('PUT', '/', { 'content-encoding': value }))).toBe(expected);
  });
});
