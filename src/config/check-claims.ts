import type { Claim } from '../plugin/contract.ts';
import { type Problem, pointer } from './diagnostic.ts';

/** What a part of the file needs for itself; `owner` says in a message who that is. */
export interface Claimed extends Claim {
  readonly owner: string;
  /** JSON pointer of what makes the claim. */
  readonly path: string;
}

/** Two writers on one directory corrupt it, and two servers cannot have one address: both are errors at the later claim. */
export function checkClaims(claims: readonly Claimed[]): readonly Problem[] {
  return claims.flatMap((claim, index) => {
    const other = claims.slice(0, index).find((earlier) => earlier.path !== claim.path && collide(earlier, claim));
    if (other === undefined) return [];
    const path = pointer(claim.path, claim.setting);
    return [{ severity: 'error', path, ...explain(claim, other) }];
  });
}

function explain(claim: Claimed, other: Claimed): { readonly message: string; readonly hint: string } {
  switch (claim.kind) {
    case 'directory':
      return {
        message: `this directory and that of ${other.owner} overlap: two writers would destroy each other's data`,
        hint: claim.hint ?? 'give each offering a directory of its own, none inside another',
      };
    case 'listen-address':
      return {
        message: `${other.owner} already listens at this address`,
        hint: claim.hint ?? 'choose another port',
      };
    case 'routes':
      return {
        message: `${claim.owner} and ${other.owner} both serve ${claim.value} on the agent's HTTP server`,
        hint: claim.hint ?? 'run one of them in an agent of its own',
      };
  }
}

function collide(a: Claimed, b: Claimed): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'routes') return a.value === b.value;
  return a.kind === 'directory' ? isInside(a.value, b.value) || isInside(b.value, a.value) : isSameAddress(a, b);
}

function isInside(path: string, directory: string): boolean {
  const [inner, outer] = [segments(path), segments(directory)];
  return outer.every((segment, index) => inner[index] === segment);
}

/** `/srv//s3/./a/` is `/srv/s3/a`. Links are not followed: nothing is read here. */
function segments(path: string): readonly string[] {
  const known: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') known.pop();
    else if (segment !== '' && segment !== '.') known.push(segment);
  }
  return known;
}

function isSameAddress(a: Claimed, b: Claimed): boolean {
  const [first, second] = [addressOf(a.value), addressOf(b.value)];
  if (first.port !== second.port || first.port === 0) return false;
  return first.host === second.host || EVERYWHERE.has(first.host) || EVERYWHERE.has(second.host);
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).toLowerCase();
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(text.slice(colon + 1)) };
}
