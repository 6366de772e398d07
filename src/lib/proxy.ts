import { BlockList, isIP, isIPv6 } from 'node:net';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL of HTTP(S) or WebSocket: what is configured, or for `env` what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY
 * and NO_PROXY say (lower case first, as curl reads them). Undefined for a direct connection. Every connection of the
 * agent asks here, so that the REST API and the broker of one host take the same way.
 */
export function proxyFor(url: string, configured: string | undefined, env: Environment): string | undefined {
  if (configured !== 'env') return configured;
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'https:' || protocol === 'wss:';
  const read = (name: string): string => env[name] || env[name.toUpperCase()] || '';
  const proxy = read(secure ? 'https_proxy' : 'http_proxy') || read('all_proxy');
  if (proxy === '' || isBypassed(hostname, port || (secure ? '443' : '80'), read('no_proxy'))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Host and port of a proxy for error texts: its URL may carry a password. */
export function proxyName(proxy: string): string {
  return URL.canParse(proxy) ? new URL(proxy).host : 'the configured proxy';
}

/**
 * Whether NO_PROXY covers a host. Entries are `host`, `.suffix`, `*suffix`, `*`, an address or a range such as
 * `10.0.0.0/8`, each but the range with an optional `:port`. All names of the loopback interface are one host.
 */
function isBypassed(hostname: string, port: string, list: string): boolean {
  const host = bare(hostname);
  return list
    .toLowerCase()
    .split(/[,\s]+/)
    .some((entry) => entry !== '' && covers(entry, host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isInRange(entry, host);
  const [, name = entry, onlyPort = port] = /^(\[.*\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== port) return false;
  const wanted = bare(name);
  if (wanted.startsWith('*')) return host.endsWith(wanted.slice(1));
  if (wanted.startsWith('.')) return host.endsWith(wanted);
  return host === wanted || (isLoopback(host) && isLoopback(wanted));
}

/** Without the brackets of an IPv6 address, in its shortest form, and without the dot of a fully qualified name. */
function bare(name: string): string {
  const host = name.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return isIPv6(host) ? new URL(`http://[${host}]/`).hostname.slice(1, -1) : host;
}

function isInRange(entry: string, host: string): boolean {
  const [network = '', prefix = ''] = entry.split('/');
  const base = bare(network);
  const longest = isIPv6(base) ? 128 : 32;
  if (isIP(base) === 0 || isIP(host) === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > longest) return false;
  const range = new BlockList();
  range.addSubnet(base, Number(prefix), family(base));
  return range.check(host, family(host));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || isInRange('127.0.0.0/8', host);
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
