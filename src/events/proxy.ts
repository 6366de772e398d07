type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a `ws://` or `wss://` URL: what is configured, or for `env` what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and
 * NO_PROXY say, read as axios reads them for REST. Undefined for a direct connection.
 */
export function proxyFor(url: string, configured: string | undefined, env: Environment): string | undefined {
  if (configured !== 'env') return configured;
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'wss:';
  const read = (name: string): string => env[name] || env[name.toUpperCase()] || '';
  const bypassed = read('no_proxy')
    .toLowerCase()
    .split(/[,\s]+/)
    .some((entry) => covers(entry, hostname, port || (secure ? '443' : '80')));
  const proxy = read(secure ? 'https_proxy' : 'http_proxy') || read('all_proxy');
  if (bypassed || proxy === '') return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Entries are `host`, `.suffix`, `*suffix` or `*`, each with an optional `:port`. */
function covers(entry: string, hostname: string, port: string): boolean {
  const [, host = entry, onlyPort = port] = /^(.+):(\d+)$/.exec(entry) ?? [];
  if (host === '' || onlyPort !== port) return false;
  if (host.startsWith('*')) return hostname.endsWith(host.slice(1));
  return host.startsWith('.') ? hostname.endsWith(host) : hostname === host;
}
