/**
 * What can be made to go wrong. `times` faults wait for the next N occasions; the others happen at once, to one session
 * or to all that live.
 * - `drop`, `duplicate`, `delay`: of published messages; `ms` is real time
 * - `reorder`: a published message is overtaken by the next one
 * - `split`: a server frame comes in several WebSocket messages; `coalesce`: it shares one with the next frame
 * - `refuse`: the upgrade is answered with this HTTP status
 * - `close`: an orderly close; `reset`: a TCP reset
 * - `silence`: nothing goes in or out any more and nothing is closed, as behind a firewall that forgot the connection
 * - `inject`: these bytes as one text message, for broken frames (broken bodies can just be published)
 */
export type BrokerFault = CountedFault | SessionFault;

export type CountedFault =
  | Counted<'drop'>
  | Counted<'duplicate'>
  | Counted<'reorder'>
  | Counted<'delay', { readonly ms: number }>
  | Counted<'split'>
  | Counted<'coalesce'>
  | Counted<'refuse', { readonly status: number }>;

type Counted<Kind, More = unknown> = { readonly kind: Kind; readonly times: number } & More;

export type SessionFault = {
  /** Id as in `sessions()`; without it, all. */
  readonly session?: string;
} & (
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'reset' | 'silence' }
  | { readonly kind: 'inject'; readonly bytes: string | Uint8Array }
);

/** The counted faults that still wait for their occasion, in the order they were asked for. */
export interface PendingFaults {
  add(fault: CountedFault): void;
  /** Uses up one occasion of the first fault of these kinds. */
  take<K extends CountedFault['kind']>(...kinds: readonly K[]): Extract<CountedFault, { kind: K }> | undefined;
  clear(): void;
}

export function createPendingFaults(): PendingFaults {
  let pending: { fault: CountedFault; left: number }[] = [];
  return {
    add: (fault) => {
      pending.push({ fault, left: fault.times });
    },
    take: <K extends CountedFault['kind']>(...kinds: readonly K[]) => {
      const entry = pending.find(({ fault }) => kinds.some((kind) => kind === fault.kind));
      if (entry === undefined) return undefined;
      entry.left--;
      if (entry.left <= 0) pending = pending.filter((other) => other !== entry);
      return entry.fault as Extract<CountedFault, { kind: K }>;
    },
    clear: () => {
      pending = [];
    },
  };
}
