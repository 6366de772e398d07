/** A record of the audit log that says something here: who called what, or with which arguments. */
export type AuditRecord =
  | {
      readonly type: 'SYSCALL';
      readonly event: string;
      /** Epoch seconds. */
      readonly at: number;
      readonly syscall: number;
      readonly isSuccess: boolean;
      /** Login uid; undefined when unset. */
      readonly auid: number | undefined;
      readonly uid: number | undefined;
      readonly keys: readonly string[];
      readonly exe: string;
    }
  | {
      readonly type: 'EXECVE';
      readonly event: string;
      readonly at: number;
      /** Only in the first record of several. */
      readonly argc: number | undefined;
      readonly parts: readonly ArgumentPart[];
    };

/** A piece of one argument; long ones come in several, in hexadecimal or as they are. */
export interface ArgumentPart {
  readonly index: number;
  readonly piece: number;
  /** Characters of the whole argument as it is written in the log; undefined for one that is whole. */
  readonly length?: number;
  readonly text: string;
  readonly isHex: boolean;
}

/**
 * One line of `audit.log`, with its fields only: what `log_format = ENRICHED` adds follows a byte 0x1D. Undefined for
 * records that say nothing here, and for lines that are no record.
 */
export function parseRecord(line: string): AuditRecord | undefined {
  const start = line.startsWith('node=') ? line.indexOf(' ') + 1 : 0;
  const isSyscall = line.startsWith('type=SYSCALL msg=audit(', start);
  if (!isSyscall && !line.startsWith('type=EXECVE msg=audit(', start)) return undefined;
  const open = line.indexOf('(', start) + 1;
  const close = line.indexOf('):', open);
  const [, seconds, event] =
    /^((\d{1,12}\.\d{1,6}):\d{1,20})$/.exec(line.slice(open, close)) === null
      ? []
      : [undefined, line.slice(open, line.indexOf(':', open)), line.slice(open, close)];
  if (close < 0 || seconds === undefined || event === undefined) return undefined;
  const enriched = line.indexOf('\u001d', close);
  const fields = line.slice(close + 2, enriched < 0 ? undefined : enriched);
  const at = Number(seconds);
  if (!isSyscall) return parseExecve(fields, event, at);
  const syscall = readNumber(fieldIn(fields, 'syscall'));
  if (syscall === undefined) return undefined;
  return {
    type: 'SYSCALL',
    event,
    at,
    syscall,
    isSuccess: fieldIn(fields, 'success') === 'yes',
    auid: readUid(fieldIn(fields, 'auid')),
    uid: readUid(fieldIn(fields, 'uid')),
    keys: readKeys(fieldIn(fields, 'key')),
    exe: readText(fieldIn(fields, 'exe')) ?? '',
  };
}

/** `a0="docker" a1=68C3A9` or, of a long argument, `a3_len=18010 a3[0]=78…` and in the next record ` a3[1]=78…`. */
const PART = / a(\d{1,7})(?:_len=(\d{1,10}))?(?: a\1)?(?:\[(\d{1,7})\])?=(?:"([^"]*)"|([0-9A-F]*))(?= |$)/gy;

function parseExecve(fields: string, event: string, at: number): AuditRecord | undefined {
  const [head, count] = /^ argc=(\d{1,7})/.exec(fields) ?? [''];
  const parts: ArgumentPart[] = [];
  // In the first record one blank, in those after it two.
  PART.lastIndex = head === '' && fields.startsWith('  ') ? 1 : head.length;
  for (let end = PART.lastIndex; end < fields.length; end = PART.lastIndex) {
    const [, index, length, piece, literal, hex = ''] = PART.exec(fields) ?? [];
    if (index === undefined || (literal === undefined && hex.length % 2 === 1)) return undefined;
    parts.push({
      index: Number(index),
      piece: Number(piece ?? 0),
      ...(length !== undefined && { length: Number(length) }),
      text: literal ?? hex,
      isHex: literal === undefined,
    });
  }
  return { type: 'EXECVE', event, at, argc: count === undefined ? undefined : Number(count), parts };
}

/** The field with this very name: `auid` is not `uid`. */
function fieldIn(fields: string, name: string): string | undefined {
  const found = fields.indexOf(` ${name}=`);
  if (found < 0) return undefined;
  const start = found + name.length + 2;
  const end = fields[start] === '"' ? fields.indexOf('"', start + 1) + 1 : fields.indexOf(' ', start);
  return fields.slice(start, end <= 0 ? undefined : end);
}

/** (uid_t)-1 is "unset" and never a person. */
function readUid(text: string | undefined): number | undefined {
  const uid = readNumber(text);
  return uid === undefined || uid >= 4_294_967_295 ? undefined : uid;
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Several keys of one rule are joined with a byte 0x01, and then in hexadecimal. */
function readKeys(text: string | undefined): readonly string[] {
  return readText(text)?.split('\u0001') ?? [];
}

function readText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text.startsWith('"')) return text.slice(1, -1);
  return /^(?:[0-9A-F]{2})+$/.test(text) ? Buffer.from(text, 'hex').toString() : undefined;
}
