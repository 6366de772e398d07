/** What a thread does. */
export interface Role {
  /** Whether it takes connections. */
  readonly listens: boolean;
  /** Which of the threads that store it is; -1 when it does not. */
  readonly index: number;
}

/** All alike where several can listen at one address. Elsewhere one of them takes all connections, and the others store. */
export function rolesOf(count: number, canShare: boolean): readonly Role[] {
  if (count === 1 || canShare) return Array.from({ length: count }, (_, index) => ({ listens: true, index }));
  return Array.from({ length: count }, (_, index) => ({ listens: index === 0, index: index - 1 }));
}

/** Whether threads can listen at one address: Linux spreads the connections. Source: `reusePort` of `net.Server.listen`. */
export function canSharePort(platform: string, version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return platform === 'linux' && (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12));
}
