/** What stands under a name on the host: a user, a group, a directory. */
export interface Standing {
  readonly name: string;
  readonly id: number;
  /** The stamp; undefined where there is none, or where such things cannot carry one. */
  readonly resource: string | undefined;
}

/** How one kind of subject is found, made and removed. Every step can be repeated. */
export interface Holder {
  readonly made: 'user' | 'group' | 'directory' | 'subvolume';
  /** Undefined when nothing stands there, which was proved. */
  find(name: string, signal: AbortSignal): Promise<Standing | undefined>;
  /** What carries the stamp of the resource, or stands under the id; for a registry that was lost. */
  search(id: number, resource: string, signal: AbortSignal): Promise<Standing | undefined>;
  /** Makes it, or finishes making it. `id` is a free one; the answer is the one it has. */
  make(name: string, resource: string, id: number, signal: AbortSignal): Promise<number>;
  /** Whether something lies in it that is not in the numbers of the quota; undefined where the numbers say all. */
  holdsFiles?(name: string, signal: AbortSignal): Promise<boolean>;
  /** Absent is fine. With `purge` what lies in a directory goes as well; the files of a user never do. */
  remove(name: string, purge: boolean, signal: AbortSignal): Promise<void>;
  /** Ids that names have. */
  taken(signal: AbortSignal): Promise<readonly number[]>;
}
