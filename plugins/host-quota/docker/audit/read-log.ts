import { createJoiner, type Use } from './join.ts';

/** How far the log was read: where a line begins, and the event of that line, which tells a file from another that got its inode. */
export interface AuditMark {
  readonly inode: bigint;
  readonly offset: number;
  readonly event: string;
}

export interface AuditFile {
  readonly inode: bigint;
  readonly size: number;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  /** The bytes from `offset` on in pieces, until its end or `size`. */
  read(offset: number, signal: AbortSignal): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Opens files of the audit log; a file that was opened stays itself when it is rotated. */
export interface AuditFiles {
  /** Undefined when there is none of this name. */
  open(path: string): Promise<AuditFile | undefined>;
}

export interface AuditRead {
  readonly mark: AuditMark | undefined;
  /** Whether what followed the mark is not there any more. */
  readonly isGap: boolean;
}

export interface ReadFrom {
  readonly mark: AuditMark | undefined;
  /** Epoch seconds. */
  readonly since: number;
  /** Called with each use since then, in the order in which they are complete. */
  found(use: Use): void;
}

/** Files that auditd keeps at most (auditd.conf(5), `num_logs`). */
const MOST_FILES = 999;
/** No record of the kernel is as long; what is longer is damage. */
const LONGEST_LINE = 1_048_576;

/**
 * What was logged after the mark, or without one in files that changed since `since`, over rotations, in
 * constant memory. Reading from the mark that this returns continues with nothing lost; uses of the last seconds may come
 * again and are told by their event.
 */
export async function readLog(
  files: AuditFiles,
  path: string,
  { mark, since, found }: ReadFrom,
  signal: AbortSignal,
): Promise<AuditRead> {
  const opened: AuditFile[] = [];
  try {
    let start = 0;
    let isFound = false;
    for (let at = 0; at < MOST_FILES && !isFound; at++) {
      const file = await files.open(at === 0 ? path : `${path}.${at}`);
      if (file === undefined) break;
      opened.push(file);
      if (mark === undefined) {
        if (file.modifiedAt < since * 1000) break;
      } else if (file.inode === mark.inode && (await eventAt(file, mark.offset, signal)) === mark.event) {
        [start, isFound] = [mark.offset, true];
      }
    }
    const joiner = createJoiner<{ readonly inode: bigint; readonly offset: number }>();
    let last = mark;
    for (const [index, file] of [...opened].reverse().entries()) {
      for await (const { line, offset } of linesOf(file, index === 0 ? start : 0, signal)) {
        const place = { inode: file.inode, offset };
        const use = joiner.add(line, place);
        if (use !== undefined && use.at >= since) found(use);
        const event = eventOf(line);
        if (event !== undefined) last = { ...place, event };
      }
    }
    const open = joiner.oldestOpen();
    return {
      mark: open === undefined ? last : { ...open.place, event: open.event },
      isGap: mark !== undefined && !isFound,
    };
  } finally {
    for (const file of opened) await file.close();
  }
}

/** Whole lines; what follows the last newline is still being written. */
async function* linesOf(
  file: AuditFile,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<{ readonly line: string; readonly offset: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = start;
  for await (const piece of file.read(start, signal)) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      yield { line: bytes.toString('utf8', from, end), offset: offset + from };
      from = end + 1;
    }
    rest = bytes.subarray(from);
    offset += from;
    if (rest.length > LONGEST_LINE) {
      offset += rest.length;
      rest = Buffer.alloc(0);
    }
  }
}

async function eventAt(file: AuditFile, offset: number, signal: AbortSignal): Promise<string | undefined> {
  if (offset >= file.size) return undefined;
  for await (const { line } of linesOf(file, offset, signal)) return eventOf(line);
  return undefined;
}

function eventOf(line: string): string | undefined {
  const start = line.indexOf('msg=audit(') + 10;
  const end = line.indexOf('):', start);
  return start < 10 || end < 0 || end - start > 40 ? undefined : line.slice(start, end);
}
