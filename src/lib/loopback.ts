/** Whether a host to listen on or to call is this machine. An IPv6 address is without brackets. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);
}

/** Whether what is sent to this URL stays on the machine. */
export function isLoopbackUrl(url: string | URL): boolean {
  return isLoopbackHost(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
}

/** Whether the peer of a socket is on this machine. IPv4 may come as `::ffff:127.0.0.1`. */
export function isLoopbackAddress(address: string): boolean {
  return /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(address);
}
