import type { Clock } from '../../../src/lib/clock.ts';
import type { Json } from '../../../src/lib/json.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Documents, Route } from '../../../src/plugin/contract.ts';
import type { Guard } from '../remote/auth.ts';
import type { Handler } from '../remote/reply.ts';
import type { CentralHost } from './hosts.ts';

/** What the routes of the central side share. */
export interface CentralDeps {
  readonly hosts: readonly CentralHost[];
  readonly store: Documents;
  readonly clock: Clock;
  readonly log: Log;
  /** The claim of the login that names the user of the hosts; undefined when none does. */
  readonly userClaim: string | undefined;
  /** Of those who send events of hosts. */
  readonly events: Guard;
  /** What a host told. */
  receive(hostId: string, events: readonly Json[]): Promise<void>;
}

export type CentralRoute = (method: Route['method'], path: string, role: Route['role'], handle: Handler) => Route;
