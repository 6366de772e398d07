const WATCHED = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'TLSWrap',
  'GetAddrInfoReqWrap',
  'TCPConnectWrap',
  'Timeout',
]);

/** Sockets, look-ups and timers that keep the process alive. */
export function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => WATCHED.has(name));
}

/** What is there beyond the baseline once the event loop had time to close what is closing. */
export async function leakedSince(baseline: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + 10_000;
  let leaked = beyond(baseline);
  while (leaked.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
    leaked = beyond(baseline);
  }
  return leaked;
}

function beyond(baseline: readonly string[]): string[] {
  const known = [...baseline];
  return handles().filter((name) => {
    const index = known.indexOf(name);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
}
