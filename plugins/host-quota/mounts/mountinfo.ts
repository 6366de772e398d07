import { type Parsed, parseLines } from '../tools/parsed.ts';

/** One line of `/proc/self/mountinfo`: proc(5). */
export interface Mount {
  readonly mountPoint: string;
  readonly fstype: string;
  /** A block device, or the dataset of a ZFS. */
  readonly source: string;
  /** Those of the mount and those of the file system, in that order, each once. */
  readonly options: readonly string[];
  /** The part of the file system that is mounted; other than `/` for a bind mount or a btrfs subvolume. */
  readonly root: string;
}

export function parseMountinfo(text: string): Parsed<Mount> {
  return parseLines(text, (line) => {
    if (line === '') return undefined;
    const [first = '', second] = line.split(' - ', 2);
    const [, , , root, mountPoint, options] = first.split(' ');
    const [fstype, source, superOptions = ''] = second?.split(' ') ?? [];
    // A namespace that is kept has no path for a root: `net:[4026532411]`, for each running container.
    if (!root || !mountPoint?.startsWith('/') || !options || !fstype || source === undefined) {
      return 'it is not a line of mountinfo';
    }
    const all = [...options.split(','), ...superOptions.split(',')].filter((option) => option !== '');
    return {
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      fstype,
      source: unescapeOctal(source),
      options: [...new Set(all)],
    };
  });
}

/** The kernel writes blank, tab, newline and backslash as `\040`, `\011`, `\012` and `\134`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
