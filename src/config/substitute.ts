import { dirname, join } from 'node:path';
import { isScalar, type Scalar } from 'yaml';
import type { Secrets } from '../lib/secrets.ts';
import type { Problem } from './diagnostic.ts';
import { fileError } from './file-error.ts';
import type { Place } from './list-places.ts';

export interface SubstituteDeps {
  /** The configuration file: credentials are looked for beside it where systemd provides none. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws when the file cannot be read; `mode` are the permission bits, where there are any. */
  readonly readFile: (path: string) => { readonly text: string; readonly mode?: number | undefined };
  readonly secrets: Secrets;
}

/** What became of a scalar that holds references. */
export interface Substitution {
  /** The text before it was read as a number, boolean or null. */
  readonly text: string;
  /** Nothing of it came from outside the file. */
  readonly literal: boolean;
  readonly failed: boolean;
  /** Where it was read from, when it is one reference to a file. */
  readonly file?: string | undefined;
}

export interface Substituted {
  readonly values: ReadonlyMap<Scalar, Substitution>;
  readonly problems: readonly Problem[];
}

const REFERENCE = /\$\$|\$\{([^}]{0,4096})\}|\$\{/g;
const ENV = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const FILE = /^file:(\/.+)$/s;
const CREDENTIAL = /^credential:([A-Za-z0-9_-][A-Za-z0-9_.-]*)$/;

/**
 * Replaces `${env:NAME}`, `${env:NAME:-default}`, `${file:/path}`, `${credential:name}` and `$$` in the scalar values of
 * the document, in place; never in keys, never twice. A value that is one reference is read as YAML would read its text.
 */
export function substitute(places: readonly Place[], deps: SubstituteDeps): Substituted {
  const values = new Map<Scalar, Substitution>();
  const problems: Problem[] = [];
  for (const { node, path } of places) {
    if (!isScalar(node) || typeof node.value !== 'string' || !node.value.includes('$')) continue;
    const source = node.value;
    let literal = true;
    let failed = false;
    let from: string | undefined;
    const text = source.replace(REFERENCE, (match, reference: string | undefined) => {
      if (match === '$$') return '$';
      const resolved = resolve(reference, deps);
      // One failure in a value is enough to look at it.
      if (!failed) problems.push(...resolved.problems.map((problem) => ({ path, ...problem })));
      literal &&= resolved.literal;
      from = resolved.file;
      failed ||= resolved.text === undefined;
      return resolved.text ?? '';
    });
    if (text === source && !failed) continue;
    const exact = /^\$\{[^}]*\}$/.test(source);
    values.set(node, { text, literal, failed, file: exact ? from : undefined });
    node.value = exact && !failed ? retype(text) : text;
  }
  return { values, problems };
}

interface Resolved {
  readonly text: string | undefined;
  readonly literal: boolean;
  readonly file?: string;
  readonly problems: readonly Omit<Problem, 'path'>[];
}

function resolve(reference: string | undefined, deps: SubstituteDeps): Resolved {
  if (reference === undefined) return failure(`"\${" without a closing "}"`, 'write $$ for a dollar sign');
  const env = ENV.exec(reference);
  if (env !== null) return fromEnvironment(env[1] ?? '', env[2], deps);
  const file = FILE.exec(reference)?.[1];
  if (file !== undefined) return fromFile(file, true, deps);
  const credential = CREDENTIAL.exec(reference)?.[1];
  if (credential !== undefined) return fromCredential(credential, deps);
  return failure('this reference is not understood', FORMS);
}

const FORMS = `use \${env:NAME}, \${env:NAME:-default}, \${file:/absolute/path} or \${credential:name}; $$ is a dollar sign`;

function fromEnvironment(name: string, fallback: string | undefined, deps: SubstituteDeps): Resolved {
  const value = deps.env[name];
  if (value !== undefined && (value !== '' || fallback === undefined)) {
    return { text: value, literal: false, problems: [] };
  }
  if (fallback !== undefined) return { text: fallback, literal: true, problems: [] };
  return failure(`environment variable ${name} is not set`, `set it, or write \${env:${name}:-default}`);
}

function fromCredential(name: string, deps: SubstituteDeps): Resolved {
  const directory = systemdDirectory(deps);
  if (directory !== undefined) return fromFile(join(directory, name), false, deps);
  const beside = join(dirname(deps.file), name);
  const hint = `CREDENTIALS_DIRECTORY is not set: in a unit, systemd sets it for LoadCredential=${name}:${beside}; for a command, run it as a user who can read that file`;
  return fromFile(beside, true, deps, hint);
}

function fromFile(path: string, strangers: boolean, deps: SubstituteDeps, otherwise?: string): Resolved {
  let file: ReturnType<SubstituteDeps['readFile']>;
  try {
    file = deps.readFile(path);
  } catch (error) {
    const { reason, hint } = fileError(error);
    return failure(`cannot read ${path}: ${reason}`, otherwise ?? hint);
  }
  const text = file.text.replace(/\r?\n$/, '');
  deps.secrets.add(text);
  const credentials = systemdDirectory(deps);
  // systemd's own directory is 0440 with an access control list.
  const guarded = !strangers || (credentials !== undefined && path.startsWith(`${credentials}/`));
  const open = !guarded && ((file.mode ?? 0) & 0o077) !== 0;
  const warning = {
    severity: 'warning',
    message: `${path} can be read by other users`,
    hint: `chmod 600 ${path}`,
  } as const;
  return { text, literal: false, file: path, problems: open ? [warning] : [] };
}

/** Where systemd put the credentials of the unit; undefined outside one. */
function systemdDirectory({ env }: SubstituteDeps): string | undefined {
  return env['CREDENTIALS_DIRECTORY'] || undefined;
}

/** As the core schema reads a plain scalar. */
function retype(text: string): unknown {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === 'true';
  return NUMBER.test(text) ? Number(text) : text;
}

const NUMBER = /^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$/;

function failure(message: string, hint?: string): Resolved {
  return { text: undefined, literal: false, problems: [{ severity: 'error', message, hint }] };
}
