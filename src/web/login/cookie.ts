/** One cookie of ours: what it is called and where it counts. */
export interface Cookie {
  /** The value in the header `Cookie`; undefined when there is none, or two of the name. */
  read(header: string | undefined): string | undefined;
  /** A `Set-Cookie`. Without `seconds` it ends with the browser. */
  set(value: string, seconds?: number): string;
  clear(): string;
}

export interface CookieOptions {
  readonly name: string;
  /** Browsers reach the agent by https. */
  readonly isSecure: boolean;
  /** The path before ours, such as `/storage`; empty for none. */
  readonly basePath: string;
  /** `Lax` for what must come along when another site sends the browser here. */
  readonly sameSite: 'Strict' | 'Lax';
}

/**
 * By https the name says that no other host and no plain http can have set it; `__Host-` is only for cookies of the whole
 * host, so one below a path is `__Secure-`.
 */
export function createCookie({ name, isSecure, basePath, sameSite }: CookieOptions): Cookie {
  const prefix = isSecure ? (basePath === '' ? '__Host-' : '__Secure-') : '';
  const full = `${prefix}agent-${name}`;
  const rest = `; Path=${basePath === '' ? '/' : basePath}; HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}`;
  return {
    read: (header) => {
      const found = (header ?? '').split(/;\s*/).filter((pair) => pair.startsWith(`${full}=`));
      const [only] = found;
      return found.length === 1 ? only?.slice(full.length + 1) : undefined;
    },
    set: (value, seconds) => `${full}=${value}${rest}${seconds === undefined ? '' : `; Max-Age=${seconds}`}`,
    clear: () => `${full}=${rest}; Max-Age=0`,
  };
}
