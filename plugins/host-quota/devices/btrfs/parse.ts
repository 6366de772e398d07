import { type Parsed, parseLines, readCount } from '../../tools/parsed.ts';

/** A quota group of one subvolume, in bytes; a limit of null is "no limit", and 0 is "nothing allowed". */
export interface Qgroup {
  readonly subvolume: number;
  readonly referenced: bigint;
  readonly exclusive: bigint;
  readonly maxReferenced: bigint | null;
  readonly maxExclusive: bigint | null;
}

/** The table of `btrfs qgroup show -re --raw`. Groups above level 0 are of no subvolume and left out. */
export function parseQgroups(text: string): Parsed<Qgroup> {
  let headers = 0;
  const parsed = parseLines(text, (line) => {
    if (line.trim() === '' || /^[- ]+$/.test(line)) return undefined;
    if (/^Qgroupid\s+Referenced\s+Exclusive\s+Max referenced\s+Max exclusive\b/i.test(line)) {
      headers++;
      return undefined;
    }
    return headers === 0 ? 'a row comes before the header' : readRow(line.trim().split(/\s+/));
  });
  if (headers > 0 || parsed.problems.length > 0) return parsed;
  return { rows: [], problems: [{ line: 1, why: 'there is no header' }] };
}

function readRow([group = '', ...fields]: readonly string[]): Qgroup | string | undefined {
  const [, level, id] = /^(\d{1,5})\/(\d{1,15})$/.exec(group) ?? [];
  if (id === undefined) return `${JSON.stringify(group.slice(0, 40))} is not a quota group`;
  if (level !== '0') return undefined;
  const [referenced, exclusive] = [readCount(fields[0]), readCount(fields[1])];
  const [maxReferenced, maxExclusive] = [readMaximum(fields[2]), readMaximum(fields[3])];
  if (referenced === undefined || exclusive === undefined) return 'what is used is not a number of bytes';
  if (maxReferenced === undefined || maxExclusive === undefined) return 'a limit is neither a number of bytes nor none';
  return { subvolume: Number(id), referenced, exclusive, maxReferenced, maxExclusive };
}

function readMaximum(text: string | undefined): bigint | null | undefined {
  return text === 'none' ? null : readCount(text);
}

/** `btrfs subvolume list MNT`: ids and paths below the top level. */
export function parseSubvolumes(text: string): Parsed<{ readonly id: number; readonly path: string }> {
  return parseLines(text, (line) => {
    if (line === '') return undefined;
    const [, id, path] = /^ID (\d{1,15}) gen \d+ top level \d+ path (.+)$/.exec(line) ?? [];
    return id === undefined || path === undefined ? 'it is not a subvolume' : { id: Number(id), path };
  });
}
