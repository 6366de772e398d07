export interface FakeQuota {
  enabled: boolean;
  check_on_raw: boolean;
  max_size: number | bigint;
  max_size_kb: number;
  max_objects: number | bigint;
}

export interface FakeUser {
  tenant: string;
  user_id: string;
  display_name: string;
  email: string;
  suspended: number;
  max_buckets: number;
  keys: { user: string; access_key: string; secret_key: string }[];
  caps: { type: string; perm: string }[];
  default_placement: string;
  default_storage_class: string;
  bucket_quota: FakeQuota;
  user_quota: FakeQuota;
}

export interface FakeBucket {
  readonly owner: string;
  readonly name: string;
  versioned: boolean;
  readonly versions: { readonly key: string; readonly id: string; readonly size: number; readonly marker: boolean }[];
  readonly uploads: { readonly key: string; readonly id: string }[];
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export type Query = Readonly<Record<string, string>>;

export function newBucket(owner: string, name: string): FakeBucket {
  return { owner, name, versioned: false, versions: [], uploads: [] };
}

export function noQuota(): FakeQuota {
  return { enabled: false, check_on_raw: false, max_size: -1, max_size_kb: 0, max_objects: -1 };
}

/** What the gateway keeps of a number: canonical integers below 2^63, everything else as "no limit". */
export function storedSize(text: string, unit = 1n): number | bigint {
  if (text === '') return 0;
  if (!/^-?\d+$/.test(text) || BigInt(text) >= 2n ** 63n - 1n) return -1;
  const value = BigInt(text) * unit;
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value);
}

export function fullName({ tenant, user_id }: FakeUser): string {
  return tenant === '' ? user_id : `${tenant}$${user_id}`;
}

export function error(status: number, code: string): Answer {
  return { status, body: { Code: code, Message: '', RequestId: 'tx0' } };
}

/** S3 says the same in XML. */
export function failure(first: string, status: number, code: string): Answer {
  return first === 'admin' ? error(status, code) : { status, body: `<Error><Code>${code}</Code></Error>` };
}

/** `JSON.stringify` with integers of any size. */
export function stringify(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `\u0000${item}` : item)).replace(
    /"\\u0000(-?\d+)"/g,
    '$1',
  );
}

export function newKey(uid: string, accessKey: string, secretKey: string): FakeUser['keys'][number] {
  return { user: uid, access_key: accessKey, secret_key: secretKey };
}
