import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Frame, HEARTBEAT, parseFrames, serialiseFrame } from '../../../src/sandbox/broker/frame.ts';

const NONE = Buffer.alloc(0);
const frame = (command: string, headers: Record<string, string> = {}, body = ''): Frame => ({
  command,
  headers: new Map(Object.entries(headers)),
  body: Buffer.from(body),
});

interface Read {
  readonly frames: Frame[];
  readonly rest: Buffer;
  readonly error: string | undefined;
}

function readInPieces(pieces: readonly Buffer[]): Read {
  const frames: Frame[] = [];
  let rest: Buffer = NONE;
  for (const piece of pieces) {
    const parsed = parseFrames(Buffer.concat([rest, piece]));
    frames.push(...parsed.frames);
    if (parsed.error !== undefined) return { frames, rest, error: parsed.error.message };
    rest = parsed.rest;
  }
  return { frames, rest, error: undefined };
}

describe('what parses', () => {
  test.each<[string, string, readonly Frame[]]>([
    ['a frame without headers', 'CONNECT\n\n\0', [frame('CONNECT')]],
    ['CRLF everywhere', 'ACK\r\nid:1\r\n\r\n\0\r\n', [frame('ACK', { id: '1' })]],
    ['heart-beats and NULs before, between and after', '\n\r\n\0A\n\n\0\n\n\0B\n\n\0\n', [frame('A'), frame('B')]],
    ['escapes in names and values', 'A\na\\cb:c\\\\d\\ne\\rf\n\n\0', [frame('A', { 'a:b': 'c\\d\ne\rf' })]],
    ['an unescaped colon in a value', 'A\ndestination:a:b\n\n\0', [frame('A', { destination: 'a:b' })]],
    ['the first of repeated headers', 'A\nx:1\nx:2\n\n\0', [frame('A', { x: '1' })]],
    ['an empty value', 'A\nx:\n\n\0', [frame('A', { x: '' })]],
    ['a body up to the NUL', 'SEND\n\nhello\0', [frame('SEND', {}, 'hello')]],
    [
      'a body with NULs under content-length',
      'SEND\ncontent-length: 3 \n\na\0b\0',
      [frame('SEND', { 'content-length': ' 3 ' }, 'a\0b')],
    ],
    [
      'no content-length where no body may be',
      'ACK\ncontent-length:9\n\n\0',
      [frame('ACK', { 'content-length': '9' })],
    ],
  ])('%s', (_, text, frames) => {
    expect(parseFrames(Buffer.from(text))).toEqual({ frames, rest: NONE });
  });

  test.each(['', 'SEND', 'SEND\nx:1', 'SEND\nx:1\n\nhel', 'SEND\ncontent-length:5\n\nhello', 'A\r', 'A\nx:\\'])(
    '%j is a frame that may still come',
    (text) => {
      expect(parseFrames(Buffer.from(text))).toEqual({ frames: [], rest: Buffer.from(text) });
    },
  );
});

test.each([
  ['A\nno colon\n\n\0', '{header_no_value,"no colon"}'],
  ['A\nx:\\t\n\n\0', '{bad_escape,"\\\\t"}'],
  ['A\nx:\\\n\n\0', '{bad_escape,"\\\\"}'],
  ['A\nx:1\r2\n\n\0', '{unexpected_chars_in_header,"\\r2"}'],
  ['SEND\ncontent-length:x\n\n\0', ''],
  ['SEND\ncontent-length:-1\n\n\0', ''],
  ['SEND\ncontent-length:1\n\nabc\0', ''],
])('%j is refused, what came before is kept', (text, message) => {
  const parsed = parseFrames(Buffer.from(`FIRST\n\n\0${text}`));
  expect(parsed.error?.message).toBe(message);
  expect(parsed.frames).toEqual([frame('FIRST')]);
});

test('serialises as RabbitMQ does', () => {
  expect(serialiseFrame(frame('MESSAGE', { 'content-length': '99', 'a:b': 'c\\d\ne\rf' }, 'é')).toString()).toBe(
    'MESSAGE\na\\cb:c\\\\d\\ne\\rf\ncontent-length:2\n\né\0\n',
  );
  expect(serialiseFrame(frame('RECEIPT', { 'receipt-id': '1' })).toString()).toBe('RECEIPT\nreceipt-id:1\n\n\0\n');
});

const anyText = fc.string({ unit: fc.constantFrom('a', ':', '\\', '\n', '\r', 'n', 'c', 'é', '😀', ' ', '\0') });
const anyHeaders = fc.array(fc.tuple(anyText, anyText), { maxLength: 5 });
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(new Uint8Array(Buffer.from('\0\n\0SEND\n\n\0'))),
);
const anyFrame = fc
  .tuple(fc.constantFrom('SEND', 'MESSAGE', 'ERROR', 'SUBSCRIBE', 'ACK'), anyHeaders, anyBody)
  .map(([command, headers, body]): Frame => {
    const bytes = ['SUBSCRIBE', 'ACK'].includes(command) ? NONE : Buffer.from(body);
    const length: [string, string][] = bytes.length > 0 ? [['content-length', String(bytes.length)]] : [];
    return { command, headers: new Map([...headers, ...length]), body: bytes };
  });

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const cuts = [0, ...at.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
}

test('any frames, cut anywhere, come back the same', () => {
  const noise = fc.constantFrom(NONE, HEARTBEAT, Buffer.from('\r\n\n'), Buffer.from('\0'));
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, anyFrame), { maxLength: 5 }), fc.array(fc.nat()), (sent, at) => {
      const bytes = Buffer.concat(sent.flatMap(([before, each]) => [before, serialiseFrame(each)]));
      const read = readInPieces(cut(bytes, at));
      expect(read).toEqual({ frames: sent.map(([, each]) => each), rest: NONE, error: undefined });
      expect(read.frames.map((each) => [...each.headers])).toEqual(sent.map(([, each]) => [...each.headers]));
    }),
  );
});

test('whatever comes in, cutting it changes nothing', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('A', ':', '\\', '\n', '\r', '\0', 'content-length:2\n', 'SEND\n'),
  });
  fc.assert(
    fc.property(hostile, fc.array(fc.nat()), (text, at) => {
      const bytes = Buffer.from(text);
      const whole = readInPieces([bytes]);
      const pieces = readInPieces(cut(bytes, at));
      expect(pieces.frames).toEqual(whole.frames);
      expect(pieces.error).toBe(whole.error);
      if (whole.error === undefined) expect(pieces.rest).toEqual(whole.rest);
    }),
    { numRuns: 500 },
  );
});
