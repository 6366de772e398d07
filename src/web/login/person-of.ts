import type { LoginConfig } from '../../config/types.ts';
import { AgentError } from '../../lib/errors.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import type { Person } from '../authorize.ts';

/** Claims that are kept of a person. */
const MOST_CLAIMS = 50;
const LONGEST_CLAIM = 500;

/**
 * The person that the claims of a login describe. An address that the login server knows to be unverified is no claim.
 *
 * @throws AgentError operator `LOGIN_CLAIMS` when they do not say who it is.
 */
export function personOf(claims: JsonObject, config: LoginConfig): Person {
  const name = claims[config.userClaim];
  if (typeof name !== 'string' || !/^[^\p{Cc}\p{Cf}]{1,200}$/u.test(name)) throw nameless(config.userClaim);
  const { roleClaim, admins } = config;
  const roles = roleClaim === undefined ? [name] : textsOf(find(claims, roleClaim));
  const texts = Object.entries(claims).filter(
    (claim): claim is [string, string] =>
      typeof claim[1] === 'string' && claim[1].length <= LONGEST_CLAIM && (claim[0] !== 'email' || isVerified(claims)),
  );
  return {
    name,
    isOperator: roles.some((role) => admins.includes(role)),
    claims: Object.fromEntries(texts.slice(0, MOST_CLAIMS)),
  };
}

/** Some servers do not say, and some say it as a text. */
function isVerified({ email_verified: verified }: JsonObject): boolean {
  return verified !== false && verified !== 'false';
}

/** By its whole name, which may hold dots, or along a path such as `realm_access.roles`. */
function find(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const key of name.split('.')) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === 'string');
}

function nameless(claim: string): AgentError {
  return new AgentError(`the login server does not say who this is: the claim ${claim} is missing`, {
    code: 'LOGIN_CLAIMS',
    disposition: 'operator',
    hint: 'Set web.login.user_claim to a claim it sends, or scope to one that brings the claim.',
  });
}
