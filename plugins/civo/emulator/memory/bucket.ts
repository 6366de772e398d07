import { createHash } from 'node:crypto';

/** One version of an object, or the mark that it was deleted. */
export interface Version {
  readonly key: string;
  /** `null` for what was written without versioning. */
  readonly id: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly type: string;
  readonly at: Date;
  readonly isMarker: boolean;
}

export interface Upload {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

/** The documents that only come back as they were put. */
export type DocumentName = 'cors' | 'lifecycle' | 'tagging' | 'policy';

/** A bucket in memory. */
export class Bucket {
  readonly name: string;
  /** Id of the credential that owns it. */
  readonly owner: string;
  quotaBytes = Number.POSITIVE_INFINITY;
  versioning: 'Enabled' | 'Suspended' | undefined;
  readonly documents = new Map<DocumentName, string>();
  readonly uploads = new Map<string, Upload>();
  /** Newest first within a key. */
  private readonly keys = new Map<string, Version[]>();
  private count = 0;

  constructor(name: string, owner: string) {
    this.name = name;
    this.owner = owner;
  }

  /** All versions, by key and then newest first. */
  versions(): readonly Version[] {
    return [...this.keys.keys()].sort(byCodeUnits).flatMap((key) => this.keys.get(key) ?? []);
  }

  /** The objects as a listing without versions shows them. */
  objects(): readonly Version[] {
    return this.versions().filter((version) => !version.isMarker && this.keys.get(version.key)?.[0] === version);
  }

  get(key: string, id?: string): Version | undefined {
    const versions = this.keys.get(key) ?? [];
    return id === undefined ? versions[0] : versions.find((version) => version.id === id);
  }

  usedBytes(): number {
    return this.versions().reduce((sum, { body }) => sum + body.length, 0);
  }

  put(key: string, body: Buffer, type: string, at: Date): Version {
    return this.add(key, body, type, at, false);
  }

  /** Of a version for good; of a key by a mark where there is versioning. */
  remove(key: string, id: string | undefined, at: Date): void {
    if (id === undefined && this.versioning === 'Enabled') {
      this.add(key, Buffer.alloc(0), '', at, true);
      return;
    }
    const left = (this.keys.get(key) ?? []).filter((version) => version.id !== (id ?? 'null'));
    if (left.length === 0) this.keys.delete(key);
    else this.keys.set(key, left);
  }

  private add(key: string, body: Buffer, type: string, at: Date, isMarker: boolean): Version {
    const isKept = this.versioning === 'Enabled';
    const id = isKept ? `v${String(++this.count).padStart(8, '0')}` : 'null';
    const etag = createHash('md5').update(body).digest('hex');
    const version = { key, id, body, etag, type, at, isMarker };
    const others = this.keys.get(key) ?? [];
    this.keys.set(key, [version, ...others.filter((other) => isKept || other.id !== 'null')]);
    return version;
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
