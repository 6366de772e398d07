/** One STOMP frame. Header values are unescaped; the first of repeated headers counts. */
export interface Frame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface ParsedFrames {
  readonly frames: readonly Frame[];
  /** The beginning of an unfinished frame: put it before the next bytes. */
  readonly rest: Buffer;
  /** The bytes after `frames` are no STOMP. Nothing that follows can be read. */
  readonly error?: FrameError;
}

/** The message is the reason RabbitMQ gives when it closes: an Erlang term, or nothing where its parser crashes. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly closeCode: 1007 | 1011;

  constructor(kind?: string, text = '') {
    super(kind === undefined ? '' : `{${kind},${JSON.stringify(text.slice(0, LONGEST_QUOTE))}}`);
    this.closeCode = kind === undefined ? 1011 : 1007;
  }
}

/** What a peer sends to show that it lives: an end of line between frames. */
export const HEARTBEAT: Buffer = Buffer.from('\n');

/** Reads every complete frame. Tolerates CRLF, and ends of line and NULs between frames (heart-beats). */
export function parseFrames(bytes: Buffer): ParsedFrames {
  const frames: Frame[] = [];
  let at = skipNoise(bytes, 0);
  try {
    for (;;) {
      const parsed = parseFrame(bytes, at);
      if (parsed === undefined) return { frames, rest: bytes.subarray(at) };
      frames.push(parsed.frame);
      at = skipNoise(bytes, parsed.end);
    }
  } catch (error) {
    if (error instanceof FrameError) return { frames, rest: NOTHING, error };
    throw error;
  }
}

/** As RabbitMQ writes it: escaped whatever the command, content-length last and only with a body, a line feed at the end. */
export function serialiseFrame(frame: Frame): Buffer {
  let head = `${frame.command}\n`;
  for (const [name, value] of frame.headers) {
    if (name !== 'content-length') head += `${escapeText(name)}:${escapeText(value)}\n`;
  }
  if (frame.body.length > 0) head += `content-length:${frame.body.length}\n`;
  return Buffer.concat([Buffer.from(`${head}\n`), frame.body, END]);
}

/** A WebSocket close takes a reason of 123 bytes. */
const LONGEST_QUOTE = 20;
const NUL = 0;
const LF = 10;
const CR = 13;
const NOTHING = Buffer.alloc(0);
const END = Buffer.from('\0\n');
/** Only these may have a body; content-length on any other command means nothing, to RabbitMQ as well. */
const WITH_BODY = new Set(['SEND', 'MESSAGE', 'ERROR']);

interface Line {
  readonly text: string;
  readonly end: number;
}

function skipNoise(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === LF || bytes[at] === NUL || (bytes[at] === CR && bytes[at + 1] === LF)) at++;
  return at;
}

/** Undefined while the frame is incomplete. */
function parseFrame(bytes: Buffer, start: number): { frame: Frame; end: number } | undefined {
  const command = readLine(bytes, start);
  if (command === undefined) return undefined;
  const headers = new Map<string, string>();
  let line = readLine(bytes, command.end);
  for (; line !== undefined && line.text !== ''; line = readLine(bytes, line.end)) addHeader(headers, line.text);
  if (line === undefined) return undefined;
  const end = endOfBody(bytes, line.end, WITH_BODY.has(command.text) ? headers.get('content-length') : undefined);
  if (end === undefined) return undefined;
  return { frame: { command: command.text, headers, body: bytes.subarray(line.end, end) }, end: end + 1 };
}

function readLine(bytes: Buffer, start: number): Line | undefined {
  const lf = bytes.indexOf(LF, start);
  if (lf < 0) return undefined;
  const text = bytes.toString('utf8', start, lf > start && bytes[lf - 1] === CR ? lf - 1 : lf);
  const cr = text.indexOf('\r');
  if (cr >= 0) throw new FrameError('unexpected_chars_in_header', text.slice(cr, cr + 2));
  return { text, end: lf + 1 };
}

function addHeader(headers: Map<string, string>, line: string): void {
  const colon = line.indexOf(':');
  if (colon < 0) throw new FrameError('header_no_value', line);
  const name = unescapeText(line.slice(0, colon));
  if (!headers.has(name)) headers.set(name, unescapeText(line.slice(colon + 1)));
}

/** Where the NUL is that ends the body. */
function endOfBody(bytes: Buffer, start: number, length: string | undefined): number | undefined {
  if (length === undefined) {
    const nul = bytes.indexOf(NUL, start);
    return nul < 0 ? undefined : nul;
  }
  if (!/^\s*\d{1,15}\s*$/.test(length)) throw new FrameError();
  const end = start + Number(length);
  if (end >= bytes.length) return undefined;
  if (bytes[end] !== NUL) throw new FrameError();
  return end;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', ':': '\\c' };
const UNESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\r': '\r', '\\c': ':' };

function escapeText(text: string): string {
  return text.replace(/[\\\n\r:]/g, (char) => ESCAPES[char] ?? char);
}

function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\.?/gs, (code) => {
    const char = UNESCAPES[code];
    if (char === undefined) throw new FrameError('bad_escape', code);
    return char;
  });
}
