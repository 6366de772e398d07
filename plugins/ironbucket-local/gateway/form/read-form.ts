import { S3Error } from '../../../../src/s3/s3-error.ts';

/** A form that a browser sends, up to its file. */
export interface Form {
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** As the browser calls the file. */
  readonly filename: string;
  /** Its bytes; can be read once. @throws S3Error `IncompleteBody` when the form ends before the file does */
  readonly file: AsyncIterable<Buffer>;
}

/** Of all fields together. Source: "POST Object" of the S3 reference. */
const LARGEST_FIELDS = 20_000;
const LARGEST_HEAD = 4096;

/** Reads `multipart/form-data`; fields behind the file are ignored. @throws S3Error `MalformedPOSTRequest` */
export async function readForm(contentType: string, body: AsyncIterable<Buffer>): Promise<Form> {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed();
  const reader = createReader(body);
  // In front of the first boundary there may be a line break, or nothing.
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  reader.prepend(Buffer.from('\r\n'));
  await reader.until(delimiter, LARGEST_HEAD);
  const fields = new Map<string, string>();
  let size = 0;
  for (;;) {
    if ((await reader.take(2)) !== '\r\n') throw malformed();
    const head = (await reader.until(Buffer.from('\r\n\r\n'), LARGEST_HEAD)).toString();
    const name = /[\s;]name="([^"]*)"/i.exec(head)?.[1]?.toLowerCase();
    if (name === undefined) throw malformed();
    if (name === 'file') {
      const filename = /[\s;]filename="([^"]*)"/i.exec(head)?.[1] ?? '';
      return { fields, filename: filename.split(/[\\/]/).at(-1) ?? '', file: reader.stream(delimiter) };
    }
    const value = await reader.until(delimiter, LARGEST_FIELDS);
    size += value.length;
    if (size > LARGEST_FIELDS) throw new S3Error('MaxPostPreDataLengthExceededError');
    fields.set(name, value.toString());
  }
}

function createReader(body: AsyncIterable<Buffer>) {
  const pieces = body[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    // What it is part of belongs to us until the next one is asked for.
    const rest = Buffer.from(held);
    const { done, value } = await pieces.next();
    if (done === true) return false;
    held = rest.length === 0 ? value : Buffer.concat([rest, value]);
    return true;
  }

  async function until(mark: Buffer, most: number): Promise<Buffer> {
    for (;;) {
      const end = held.indexOf(mark);
      if (end >= 0 && end <= most) {
        const found = held.subarray(0, end);
        held = held.subarray(end + mark.length);
        return found;
      }
      if (end > most || held.length > most + mark.length || !(await more())) throw malformed();
    }
  }

  return {
    prepend: (bytes: Buffer): void => {
      held = bytes;
    },
    until,
    take: async (bytes: number): Promise<string> => {
      while (held.length < bytes) if (!(await more())) throw malformed();
      const taken = held.toString('latin1', 0, bytes);
      held = held.subarray(bytes);
      return taken;
    },
    stream: async function* (mark: Buffer): AsyncGenerator<Buffer> {
      for (;;) {
        const end = held.indexOf(mark);
        // The mark may begin at the end of what has come.
        const safe = end >= 0 ? end : Math.max(0, held.length - mark.length + 1);
        if (safe > 0) yield held.subarray(0, safe);
        held = held.subarray(safe);
        if (end >= 0) break;
        if (!(await more())) throw new S3Error('IncompleteBody');
      }
      held = Buffer.alloc(0);
      while (await more()) held = Buffer.alloc(0);
    },
  };
}

function malformed(): S3Error {
  return new S3Error('MalformedPOSTRequest');
}
