import { createHash, randomBytes } from 'node:crypto';
import { setBounded } from '../../lib/set-bounded.ts';

export interface Grant {
  readonly user: string;
  readonly redirect: string;
  /** PKCE, S256. */
  readonly challenge: string;
  readonly nonce: string | undefined;
}

/** Codes that were given to browsers. */
export interface Grants {
  give(grant: Grant): string;
  /** The grant of a code, once; undefined when anything about it is wrong. */
  take(code: string, redirect: string, verifier: string): Grant | undefined;
}

const MOST = 100;

export function createGrants(): Grants {
  const grants = new Map<string, Grant>();
  return {
    give: (grant) => {
      const code = randomBytes(24).toString('base64url');
      setBounded(grants, code, grant, MOST);
      return code;
    },
    take: (code, redirect, verifier) => {
      const grant = grants.get(code);
      grants.delete(code);
      const proof = createHash('sha256').update(verifier).digest('base64url');
      return grant?.redirect === redirect && grant.challenge === proof ? grant : undefined;
    },
  };
}
