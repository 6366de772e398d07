import type { Sought } from './account.ts';
import type { NamingRules } from './contract.ts';

export interface NameParts {
  /** Slug of the organisation; undefined when Waldur has none. */
  readonly organisation: string | undefined;
  /** Slug of the project; undefined when Waldur has none. */
  readonly project: string | undefined;
  /** UUID of the resource, with or without dashes. */
  readonly resource: string;
}

/**
 * The account name of a resource: `{prefix}{organisation}{separator}{project}{separator}{first 8 of the uuid}`. Slugs are
 * cleaned and, when the name is too long, cut evenly; the prefix and the uuid survive every cut. Computed once per
 * resource: afterwards the stored `backend_id` is the name, because slugs can be renamed.
 *
 * @throws RangeError for rules that `namingProblem` objects to.
 */
export function accountName({ organisation, project, resource }: NameParts, rules: NamingRules): string {
  const problem = namingProblem(rules);
  if (problem !== undefined) throw new RangeError(problem);
  const room = roomForSlugs(rules);
  const first = clean(organisation ?? 'org', rules.filler);
  const second = clean(project ?? 'proj', rules.filler);
  const half = Math.floor(room / 2);
  // What one part leaves of its half, the other may use.
  const forFirst = Math.max(half, room - second.length);
  const forSecond = Math.max(room - half, room - first.length);
  return [
    rules.prefix + cut(first, forFirst, rules.filler),
    cut(second, forSecond, rules.filler),
    resource.replaceAll('-', '').toLowerCase().slice(0, UUID_DIGITS),
  ].join(rules.separator);
}

/** What is wrong with the rules, for the operator who configured them; undefined when every name they build is valid. */
export function namingProblem(rules: NamingRules): string | undefined {
  const { prefix, separator, filler, maxLength } = rules;
  // Names with `-` are DNS labels: bucket and volume names.
  const allowed = filler === '-' ? /^[a-z0-9-]*$/ : /^[A-Za-z0-9._-]*$/;
  const characters = filler === '-' ? 'a-z, 0-9 and "-"' : 'A-Z, a-z, 0-9, ".", "_" and "-"';
  // `tenant$name` is how Ceph writes a user of a tenant; no DNS label has one.
  const own = filler === '-' ? prefix : prefix.replace(/^\w+\$/, '');
  if (!allowed.test(own)) return `the account prefix "${prefix}" may only have ${characters}`;
  if (/^[.-]/.test(prefix)) return `the account prefix "${prefix}" must not begin with "${prefix.charAt(0)}"`;
  if (!allowed.test(separator) || separator === '') {
    return `the slug separator "${separator}" must be one or more of ${characters}`;
  }
  if (Number.isInteger(maxLength) && roomForSlugs(rules) >= 2) return undefined;
  return `account names of at most ${maxLength} characters have no room between the prefix "${prefix}" and the id`;
}

/** One path or URL segment that a file system and an HTTP client leave as it is; `..` would be resolved. */
export function isSafeSegment(segment: string): boolean {
  return SEGMENT.test(segment);
}

/** For backends that know accounts by nothing but their names. */
export function namesOf(accounts: readonly Sought[] | 'all'): readonly string[] | 'all' {
  return accounts === 'all' ? 'all' : accounts.map(({ account }) => account);
}

/** An account name that can be handed to a backend: safe segments, joined by `/` where a backend has several. */
export function isSafeAccount(name: string): boolean {
  return name.length <= LONGEST_ACCOUNT && name.split('/').every(isSafeSegment);
}

const UUID_DIGITS = 8;
const LONGEST_ACCOUNT = 255;
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9_@$.][A-Za-z0-9._@$:-]{0,254}$/;

function roomForSlugs({ prefix, separator, maxLength }: NamingRules): number {
  return maxLength - prefix.length - 2 * separator.length - UUID_DIGITS;
}

function clean(slug: string, filler: string): string {
  const cleaned = slug
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, filler)
    .replace(/^[_-]|[_-]$/g, '');
  return cleaned || 'default';
}

function cut(part: string, length: number, filler: string): string {
  const short = part.slice(0, length);
  return short.endsWith(filler) ? short.slice(0, -1) : short;
}
