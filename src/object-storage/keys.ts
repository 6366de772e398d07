import { toUuid } from '../lib/ids.ts';
import { StorageInputError } from './errors.ts';

/** Keys of what the integrations store. The folder decides the bucket. */
export type Folder = 'samples' | 'tas' | 'debug';

export function sampleKey(requestId: string, filename: string): string {
  return `samples/${checkId('request_id', requestId)}/${checkFilename(filename)}`;
}

export function bundleKey(requestId: string, version: string | number, revisionId: string): string {
  const id = checkId('request_id', requestId);
  return `tas/${id}/v${checkVersion(String(version))}/${checkId('revision_id', revisionId)}.tgz`;
}

export function debugKey(validationRunId: string, filename: string): string {
  return `debug/${checkId('validation_run_id', validationRunId)}/${checkFilename(filename)}`;
}

export function prefixOf(folder: Folder, id: string): string {
  return `${folder}/${checkId(folder === 'debug' ? 'validation_run_id' : 'request_id', id)}/`;
}

/** @throws StorageInputError for a key outside the folder, and for one that an HTTP client would change */
export function checkKey(folder: Folder, key: string): string {
  const parts = key.split('/');
  const isSafe = parts.every((part) => part !== '' && part !== '.' && part !== '..') && !CONTROL.test(key);
  if (parts[0] !== folder || parts.length < 2 || !isSafe || Buffer.byteLength(key) > LONGEST_KEY) {
    throw refuse(`${quote(key)} is not a key below ${folder}/`);
  }
  return key;
}

const LONGEST_KEY = 1024;
const LONGEST_NAME = 255;
const CONTROL = /\p{Cc}/u;

/** @throws StorageInputError */
function checkFilename(name: string): string {
  const isSafe = name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !CONTROL.test(name);
  if (isSafe && !/\p{Cs}/u.test(name) && Buffer.byteLength(name) <= LONGEST_NAME) return name;
  throw refuse(`${quote(name)} is not a file name: 1 to 255 bytes without "/" and control characters, and not ".."`);
}

/** As it was given, dashes or none. */
function checkId(what: string, id: string): string {
  if (toUuid(id) === undefined || id !== id.trim()) throw refuse(`${what} ${quote(id)} is not a UUID`);
  return id;
}

function checkVersion(version: string): string {
  if (!/^\w[\w.-]{0,63}$/.test(version)) throw refuse(`${quote(version)} is not a version`);
  return version;
}

function refuse(message: string): StorageInputError {
  return new StorageInputError(message, { context: { operation: 'check' } });
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
