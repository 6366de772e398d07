import type { JsonObject } from '../lib/json.ts';
import type { ApiKey, Offering, Order, Resource, User } from './model.ts';
import type { ImportRequest, OfferingUser } from './model-agent.ts';

/** How the publisher misbehaves; Mastermind limits to 500 messages/s (burst 1000) and breaks the circuit for 60 s. */
export interface Publisher {
  /** Messages per second and burst; undefined is no limit. */
  rate: { readonly perSecond: number; readonly burst: number } | undefined;
  /** Everything published meanwhile is lost. */
  circuitOpen: boolean;
  /** Probability that a message goes out twice. */
  duplicates: number;
}

/** Messages about what happened, sent some time after it did. */
export interface Events {
  readonly publisher: Publisher;
  order(order: Order, extra?: JsonObject): void;
  /** A consumer or provider message was set: no `order_state`. */
  orderMessage(order: Order, action: string): void;
  resource(resource: Resource): void;
  keyRotation(key: ApiKey): void;
  importable(request: ImportRequest): void;
  sync(offering: Offering, user: User): void;
  userRole(resource: Resource, user?: User, granted?: boolean): void;
  offeringUser(row: OfferingUser, action: 'create' | 'update' | 'delete' | 'username_set'): void;
  /** Any text as a message body, to whoever listens to the offering. */
  raw(offering: Offering, objectType: string, body: string): void;
}
