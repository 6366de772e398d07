/** What the engine has, as far as it matters here. Sizes in bytes, undefined when the engine does not know them. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** As it was named at creation. */
  readonly image: string;
  readonly imageId: string;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of its own, writable layer. */
  readonly bytes: bigint | undefined;
  /** Names of volumes it mounts. */
  readonly volumes: readonly string[];
}

export interface Image {
  readonly id: string;
  readonly refs: readonly string[];
  /** Epoch seconds; of a pulled image when someone else built it. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Of all its layers. */
  readonly bytes: bigint | undefined;
  /** The lowest first. */
  readonly layers: readonly Layer[];
}

/** A layer on top of those below it: the same content elsewhere is another one on disk. */
export interface Layer {
  /** Chain id, 64 hex digits. */
  readonly id: string;
  readonly bytes: bigint | undefined;
}

export interface Volume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch seconds; 0 when unknown. */
  readonly createdAt: number;
  readonly bytes: bigint | undefined;
}

export interface EngineInfo {
  readonly version: string;
  readonly driver: string;
  readonly dataRoot: string;
  /** `containerd`: images are in the containerd store, whose compressed blobs no call counts per layer. */
  readonly store: 'graph' | 'containerd';
}

/** Something that happened. Attributes hold labels, which may replace what the engine says: take facts from elsewhere. */
export interface EngineEvent {
  /** Epoch seconds with a fraction. */
  readonly at: number;
  readonly type: string;
  /** Without the command of `exec_create: sh -c …`. */
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Everything at one moment. */
export interface Snapshot {
  readonly info: EngineInfo;
  readonly containers: readonly Container[];
  readonly images: readonly Image[];
  readonly volumes: readonly Volume[];
  /** What all image layers take, each once; undefined when the engine does not say. */
  readonly layerBytes: bigint | undefined;
}
