import { type ArgumentPart, type AuditRecord, parseRecord } from './record.ts';

/** Someone who started a Docker client, or opened the socket of the engine with another program. */
export interface Use {
  /** Of the audit log, `seconds.milliseconds:serial`: serials alone begin again at every boot. */
  readonly event: string;
  /** Epoch seconds. */
  readonly at: number;
  /** The login uid where there is one, which sudo keeps, else the uid. */
  readonly uid: number;
  readonly exe: string;
  /** Undefined for the socket. */
  readonly argv: readonly string[] | undefined;
}

export const CLIENT_KEY = 'docker-client';
export const SOCKET_KEY = 'docker-socket';

/** Puts records together that belong to one event, which may be apart. `Place` is where a line is, for the caller. */
export interface Joiner<Place> {
  /** The use that this record completed; undefined when it completed none. */
  add(line: string, place: Place): Use | undefined;
  /** The oldest event that may still get records, and where it begins; undefined when none is open. */
  oldestOpen(): { readonly event: string; readonly place: Place } | undefined;
}

/** Records of an event that come later than this, in seconds of the log, are lost ones. */
const APART_SECONDS = 5;
const MOST_OPEN = 512;

interface Open<Place> {
  readonly place: Place;
  readonly at: number;
  syscall?: Extract<AuditRecord, { type: 'SYSCALL' }>;
  argc?: number | undefined;
  readonly parts: ArgumentPart[];
  isOver: boolean;
}

/** execve and execveat of x86_64 (59, 322) and of arm64 (221, 281). */
const EXEC = new Set([59, 322, 221, 281]);

export function createJoiner<Place>(): Joiner<Place> {
  const open = new Map<string, Open<Place>>();

  function forget(at: number): void {
    for (const [event, one] of open) {
      if (open.size <= MOST_OPEN && one.at >= at - APART_SECONDS) break;
      open.delete(event);
    }
  }

  return {
    add: (line, place) => {
      const record = parseRecord(line);
      if (record === undefined) return undefined;
      forget(record.at);
      const one = open.get(record.event) ?? { place, at: record.at, parts: [], isOver: false };
      open.set(record.event, one);
      if (one.isOver) return undefined;
      if (record.type === 'SYSCALL') one.syscall = record;
      else {
        one.argc ??= record.argc;
        one.parts.push(...record.parts);
      }
      const use = useOf(one);
      if (use === undefined) return undefined;
      // It stays until its time is over, so that its other records are not taken for another event.
      one.isOver = true;
      one.parts.length = 0;
      return use === 'none' ? undefined : use;
    },
    oldestOpen: () => {
      for (const [event, { isOver, place }] of open) if (!isOver) return { event, place };
      return undefined;
    },
  };
}

/** `none` for an event that is no use, however it goes on; undefined while records are missing. */
function useOf({ syscall, argc, parts }: Pick<Open<unknown>, 'syscall' | 'argc' | 'parts'>): Use | 'none' | undefined {
  if (syscall === undefined) return undefined;
  const { event, at, exe, keys, isSuccess, auid } = syscall;
  const isExec = EXEC.has(syscall.syscall);
  const uid = auid ?? syscall.uid;
  if (!isSuccess || uid === undefined) return 'none';
  const who = { event, at, exe, uid };
  if (keys.includes(SOCKET_KEY) && !isExec) return { ...who, argv: undefined };
  if (!keys.includes(CLIENT_KEY) || !isExec) return 'none';
  const argv = argc === undefined ? undefined : argumentsOf(argc, parts);
  return argv === undefined ? undefined : { ...who, argv };
}

/** Undefined while one is missing, or a piece of one. */
function argumentsOf(argc: number, parts: readonly ArgumentPart[]): readonly string[] | undefined {
  const byIndex = new Map<number, ArgumentPart[]>();
  for (const part of parts) {
    const pieces = byIndex.get(part.index);
    if (pieces === undefined) byIndex.set(part.index, [part]);
    else pieces.push(part);
  }
  const argv: string[] = [];
  for (let index = 0; index < argc; index++) {
    const pieces = byIndex.get(index)?.sort((a, b) => a.piece - b.piece);
    if (pieces === undefined) return undefined;
    const length = pieces.find((piece) => piece.length !== undefined)?.length;
    const written = pieces.reduce((sum, { text }) => sum + text.length, 0);
    if (length !== undefined && written < length) return undefined;
    const bytes = pieces.map(({ text, isHex }) => Buffer.from(text, isHex ? 'hex' : 'utf8'));
    argv.push(Buffer.concat(bytes).toString());
  }
  return argv;
}
