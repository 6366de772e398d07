import type { Token, User } from './model.ts';
import { Refusal } from './reply.ts';
import type { World } from './world.ts';

export interface Credential {
  readonly user: User;
  /** As presented: it becomes the broker's password. */
  readonly key: string;
}

const SCHEME = /^(Token|Bearer)\s+(\S+)$/i;

/** @throws Refusal 401 with Waldur's words */
export function authenticate(world: World, header: string | undefined): Credential {
  const match = header === undefined ? null : SCHEME.exec(header);
  if (match === null) throw refuse('Authentication credentials were not provided.');
  const [, scheme = '', key = ''] = match;
  const token = world.store.tokens.get(key);
  if (token === undefined || token.revoked || (token.kind === 'token') !== (scheme.toLowerCase() === 'token')) {
    throw refuse('Invalid token.');
  }
  if (!token.user.isActive) throw refuse('User inactive or deleted.');
  const now = world.clock.nowMs();
  if (isExpired(token, now)) throw refuse('Token has expired.');
  token.usedMs = now;
  return { user: token.user, key };
}

/** A DRF token lives `token_lifetime` seconds beyond its last use; others have a fixed end. */
export function isExpired(token: Token, nowMs: number): boolean {
  if (token.expiresMs !== undefined) return nowMs >= token.expiresMs;
  const { tokenLifetime } = token.user;
  return token.kind === 'token' && tokenLifetime !== undefined && nowMs - token.usedMs > tokenLifetime * 1000;
}

export function addToken(
  world: Pick<World, 'store' | 'clock'>,
  user: User,
  key: string,
  kind: Token['kind'] = 'token',
): Token {
  const token: Token = { key, user, kind, usedMs: world.clock.nowMs(), expiresMs: undefined, revoked: false };
  world.store.tokens.set(key, token);
  return token;
}

function refuse(detail: string): Refusal {
  const refusal = new Refusal(401, { detail });
  return Object.assign(refusal, { reply: { ...refusal.reply, headers: { 'WWW-Authenticate': 'Token' } } });
}
