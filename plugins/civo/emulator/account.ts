import type { Clock } from '../../../src/lib/clock.ts';
import { mintKeys, mintUuid, type Random } from './mint.ts';
import { type Credential, type DataPlane, Refusal, type Region, type Store } from './types.ts';

export interface AccountOptions {
  readonly clock: Clock;
  readonly plane: DataPlane;
  readonly random: Random;
  readonly regions: readonly Region[];
  readonly quotaGb: number;
  /** Bytes in a KB of the statistics: Civo does not say. */
  readonly kbBytes: number;
  /** How long Civo takes until something new is ready, and until a deleted store is gone. */
  readonly delaysMs: Delays;
  /** How long the name of a deleted store stays taken. */
  readonly ghostMs: number;
}

export interface Delays {
  credential: number;
  store: number;
  deletion: number;
}

export interface NewCredential {
  readonly name: string;
  /** Minted when there are none. */
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly maxSizeGb?: number | undefined;
}

/** One Civo account: what is in it, and the rules by which it changes. Regions share names and quota. */
export class Account {
  readonly options: AccountOptions;
  readonly credentials = new Map<string, Credential>();
  readonly stores = new Map<string, Store>();
  /** Names of deleted stores, and until when they are taken. */
  readonly ghosts = new Map<string, number>();
  /** What becomes of the next store or credential that is made. */
  failNext: 'store' | 'credential' | undefined;

  constructor(options: AccountOptions) {
    this.options = options;
  }

  nowMs(): number {
    return this.options.clock.monotonicMs();
  }

  usedGb(): number {
    return this.storesIn(undefined).reduce((sum, { sizeGb }) => sum + sizeGb, 0);
  }

  storesIn(region: string | undefined): readonly Store[] {
    for (const [id, { goneAtMs }] of this.stores) {
      if (goneAtMs !== undefined && goneAtMs <= this.nowMs()) this.stores.delete(id);
    }
    return [...this.stores.values()].filter((store) => region === undefined || store.region === region);
  }

  credentialsIn(region: string): readonly Credential[] {
    return [...this.credentials.values()].filter((credential) => credential.region === region);
  }

  store(region: string, id: string): Store {
    const store = this.storesIn(region).find((one) => one.id === id);
    if (store !== undefined) return store;
    throw new Refusal(404, 'database_objectstore_not_found', NOT_FOUND('object store'));
  }

  credential(region: string, id: string): Credential {
    const credential = this.credentials.get(id);
    if (credential?.region === region) return credential;
    throw new Refusal(404, 'database_objectstore_credential_not_found', NOT_FOUND('object store credential'));
  }

  statusOf({ readyAtMs, failed }: Store | Credential, during: 'creating' | 'pending'): string {
    if (readyAtMs > this.nowMs()) return during;
    return failed ? 'failed' : 'ready';
  }

  async createCredential(region: string, wanted: NewCredential): Promise<Credential> {
    const { clock, delaysMs, plane, random } = this.options;
    const minted = mintKeys(random);
    const credential: Credential = {
      id: mintUuid(random),
      name: wanted.name,
      region,
      keys: {
        accessKey: wanted.accessKey ?? minted.accessKey,
        secretKey: wanted.secretKey ?? minted.secretKey,
      },
      maxSizeGb: wanted.maxSizeGb,
      suspended: false,
      readyAtMs: clock.monotonicMs() + delaysMs.credential,
      failed: this.takeFailure('credential'),
    };
    this.refuseKeyOfOthers(credential);
    this.credentials.set(credential.id, credential);
    await plane.putUser(credential);
    return credential;
  }

  async updateCredential(credential: Credential, change: Omit<NewCredential, 'name'>): Promise<void> {
    const { accessKey, secretKey, maxSizeGb } = change;
    const keys = {
      accessKey: accessKey ?? credential.keys.accessKey,
      secretKey: secretKey ?? credential.keys.secretKey,
    };
    this.refuseKeyOfOthers({ ...credential, keys });
    credential.keys = keys;
    credential.maxSizeGb = maxSizeGb ?? credential.maxSizeGb;
    await this.options.plane.putUser(credential);
  }

  async removeCredential(credential: Credential): Promise<void> {
    if (this.storesIn(undefined).some((store) => store.credential === credential)) {
      throw new Refusal(409, 'objectstore_credential_in_use', 'credential is attached to an object store');
    }
    this.credentials.delete(credential.id);
    await this.options.plane.removeUser(credential);
  }

  async createStore(region: Region, name: string, sizeGb: number, accessKey: string | undefined): Promise<Store> {
    refuseSize(sizeGb);
    if (!NAME.test(name)) throw new Refusal(400, 'parameter_name_invalid', 'The name is invalid');
    if (region.outOfCapacity) throw new Refusal(400, 'out_of_capacity', 'region out of capacity');
    this.refuseTaken(name);
    this.refuseBeyondQuota(sizeGb);
    const minted = accessKey === undefined;
    const credential = minted
      ? await this.createCredential(region.code, { name: `${name}-admin` })
      : this.credentialsIn(region.code).find(({ keys }) => keys.accessKey === accessKey);
    if (credential === undefined) {
      throw new Refusal(404, 'database_objectstore_credential_not_found', NOT_FOUND('object store credential'));
    }
    // Between the check above and here another request may have taken the name.
    this.refuseTaken(name);
    const store: Store = {
      id: mintUuid(this.options.random),
      name,
      region: region.code,
      credential,
      minted,
      sizeGb,
      readyAtMs: this.nowMs() + this.options.delaysMs.store,
      failed: this.takeFailure('store'),
      goneAtMs: undefined,
    };
    this.stores.set(store.id, store);
    await this.options.plane.makeBucket(store);
    await this.options.plane.setQuota(store);
    return store;
  }

  async resizeStore(store: Store, sizeGb: number): Promise<void> {
    refuseSize(sizeGb);
    this.refuseUnready(store);
    this.refuseBeyondQuota(sizeGb - store.sizeGb);
    store.sizeGb = sizeGb;
    await this.options.plane.setQuota(store);
  }

  async removeStore(store: Store): Promise<void> {
    this.refuseUnready(store);
    if (store.goneAtMs !== undefined) return;
    store.goneAtMs = this.nowMs() + this.options.delaysMs.deletion;
    this.ghosts.set(store.name, store.goneAtMs + this.options.ghostMs);
    await this.options.plane.removeBucket(store);
    if (!store.minted) return;
    this.credentials.delete(store.credential.id);
    await this.options.plane.removeUser(store.credential);
  }

  private takeFailure(what: 'store' | 'credential'): boolean {
    const fails = this.failNext === what;
    if (fails) this.failNext = undefined;
    return fails;
  }

  private refuseTaken(name: string): void {
    const ghostUntil = this.ghosts.get(name) ?? Number.NEGATIVE_INFINITY;
    if (ghostUntil <= this.nowMs() && !this.storesIn(undefined).some((store) => store.name === name)) return;
    throw new Refusal(400, 'database_objectstore_exists', 'object store with this name already exists');
  }

  private refuseUnready(store: Store): void {
    if (store.readyAtMs <= this.nowMs()) return;
    throw new Refusal(409, 'database_objectstore_not_ready', 'object store is being created');
  }

  private refuseBeyondQuota(moreGb: number): void {
    if (this.usedGb() + moreGb <= this.options.quotaGb || moreGb <= 0) return;
    const reason = 'The quota limit for the account has been reached';
    throw new Refusal(403, 'quota_limit_reached', reason, 'objectstore_gb');
  }

  private refuseKeyOfOthers({ id, keys: { accessKey } }: Credential): void {
    const other = [...this.credentials.values()].find((one) => one.keys.accessKey === accessKey && one.id !== id);
    if (other === undefined) return;
    throw new Refusal(400, 'objectstore_credential_access_key_exists', 'access key is in use already');
  }
}

const NAME = /^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/;
const STEP_GB = 500;
const NOT_FOUND = (what: string): string => `Failed to find the ${what} within the internal database`;

function refuseSize(sizeGb: number): void {
  if (Number.isSafeInteger(sizeGb) && sizeGb >= STEP_GB && sizeGb % STEP_GB === 0) return;
  throw new Refusal(400, 'parameter_size_missing', 'size must be a multiple of 500');
}
