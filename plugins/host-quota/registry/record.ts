import { isJsonObject } from '../../../src/lib/json.ts';
import type { Limits, Subject } from '../devices/types.ts';

/** What the agent made for the resource, and may remove again. */
export type Made = 'user' | 'group' | 'directory' | 'subvolume' | 'nothing';

/** One resource and its limit. Records are replaced, never changed. */
export interface RegistryRecord {
  /** UUID of the owning resource: 32 hex digits. */
  readonly resource: string;
  /** The name that the account was ordered under. */
  readonly asked: string;
  /** The backend id; undefined until the id is known. */
  readonly account?: string;
  readonly subject: Subject;
  /** Name of the user or group, or of the directory under base_dir. */
  readonly name: string;
  readonly id?: number;
  readonly made: Made;
  /** What was ordered, in bytes and inodes: null is no limit, 0 nothing allowed. */
  readonly bytes: bigint | null;
  readonly objects: bigint | null;
  /** The limits a suspended account is held at; undefined while it is not suspended. */
  readonly frozen?: Limits;
  /** Since when the operator of the host is asked whether this user may be limited; undefined once he said yes. */
  readonly requestedAt?: string;
}

export function formatRecords(records: readonly RegistryRecord[]): string {
  const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  return `{"version": 1, "accounts": [\n${records.map((record) => JSON.stringify(record, text)).join(',\n')}\n]}\n`;
}

/** The records, or why the file cannot be used. One that is not complete stops everything: it would be lost. */
export function parseRecords(text: string): readonly RegistryRecord[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (!isJsonObject(value) || value['version'] !== 1 || !Array.isArray(value['accounts']))
    return 'it is not of version 1';
  const records = value['accounts'].map(readRecord);
  const bad = records.indexOf(undefined);
  return bad === -1 ? records.filter((record) => record !== undefined) : `account ${bad + 1} is not complete`;
}

function readRecord(value: unknown): RegistryRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const { resource, asked, account, subject, name, id, made, frozen, requestedAt } = value;
  const [bytes, objects] = [readAmount(value['bytes']), readAmount(value['objects'])];
  if (typeof resource !== 'string' || !/^[0-9a-f]{32}$/.test(resource) || typeof name !== 'string') return undefined;
  if (typeof asked !== 'string') return undefined;
  if (!isOneOf(SUBJECTS, subject) || !isOneOf(MADE, made) || bytes === undefined || objects === undefined)
    return undefined;
  if (account !== undefined && typeof account !== 'string') return undefined;
  if (id !== undefined && (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)) return undefined;
  const limits = frozen === undefined ? undefined : readLimits(frozen);
  if (frozen !== undefined && limits === undefined) return undefined;
  if (requestedAt !== undefined && typeof requestedAt !== 'string') return undefined;
  return {
    resource,
    asked,
    ...(account !== undefined && { account }),
    subject,
    name,
    ...(id !== undefined && { id }),
    made,
    bytes,
    objects,
    ...(limits !== undefined && { frozen: limits }),
    ...(requestedAt !== undefined && { requestedAt }),
  };
}

const SUBJECTS = ['user', 'group', 'project', 'subvolume'] as const;
const MADE = ['user', 'group', 'directory', 'subvolume', 'nothing'] as const;

function isOneOf<T extends string>(all: readonly T[], value: unknown): value is T {
  return all.some((one) => one === value);
}

function readLimits(value: unknown): Limits | undefined {
  if (!isJsonObject(value)) return undefined;
  const keys = ['blockSoft', 'blockHard', 'inodeSoft', 'inodeHard'] as const;
  const [blockSoft, blockHard, inodeSoft, inodeHard] = keys.map((key) => readAmount(value[key]) ?? undefined);
  if (blockSoft === undefined || blockHard === undefined || inodeSoft === undefined || inodeHard === undefined) {
    return undefined;
  }
  return { blockSoft, blockHard, inodeSoft, inodeHard };
}

function readAmount(value: unknown): bigint | null | undefined {
  if (value === null) return null;
  return typeof value === 'string' && /^\d{1,24}$/.test(value) ? BigInt(value) : undefined;
}
