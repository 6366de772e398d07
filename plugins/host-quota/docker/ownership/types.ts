/** How something came to be. */
export type Method = 'create' | 'pull' | 'build' | 'commit' | 'import' | 'load' | 'volume' | 'mount';

/** Why something is taken for a person's: which use of a client, by whom, or the container that it came with. */
export interface Evidence {
  readonly uid: number;
  readonly method: Method;
  /** The event of the audit log, or the id of the container for `mount`. */
  readonly event: string;
  /** Epoch seconds. */
  readonly at: number;
  /** What was done, for a person: `docker run web nginx`. */
  readonly text: string;
  /** Whether another person did the same within seconds. */
  readonly isDoubtful: boolean;
}

/** What an operator decided. */
export interface Override {
  readonly uid: number;
  readonly by: string;
  /** Epoch seconds. */
  readonly at: number;
}

export type ObjectKind = 'container' | 'image' | 'volume';

/** What is remembered about objects that the engine has. Nothing else of it is needed after a restart. */
export interface Known {
  readonly containers: ReadonlyMap<string, Evidence>;
  readonly images: ReadonlyMap<string, KnownImage>;
  readonly layers: ReadonlyMap<string, KnownLayer>;
  readonly volumes: ReadonlyMap<string, Evidence>;
  /** By `kind/id`. */
  readonly overrides: ReadonlyMap<string, Override>;
  /** Whether the engine was ever looked at: for what was there before, no maker can be told. */
  readonly hasBegun: boolean;
}

export interface KnownImage {
  /** When it was first listed, in epoch seconds. */
  readonly seenAt: number;
  /** Whether its creator is still looked for. */
  readonly isOpen: boolean;
  readonly origin?: Origin;
  readonly evidence?: Evidence;
}

/** What the engine said when the image came. */
export interface Origin {
  readonly method: Method;
  readonly at: number;
}

/** Belongs to the image that had it first, also when that image is gone. */
export interface KnownLayer {
  readonly image: string;
  readonly evidence?: Evidence;
}

export type Conflict = 'label-and-audit-differ' | 'label-names-no-user' | 'two-people-did-the-same';

/** Whose something is, and why. */
export interface Attribution {
  readonly uid: number | undefined;
  readonly how: 'override' | 'label' | 'audit' | undefined;
  readonly label?: string;
  readonly evidence?: Evidence;
  /** Waits for an operator. */
  readonly conflict?: Conflict;
  /** Whether it counts when limits are enforced. */
  readonly counts: boolean;
}
