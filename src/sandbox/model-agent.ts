import type { Json } from '../lib/json.ts';
import type { Dated, Offering, Project, Row, User } from './model.ts';

/** Rows an agent makes or works through, beside orders and resources. */

export interface Identity extends Dated {
  readonly offering: Offering;
  readonly createdBy: User;
  name: string;
  version: string;
  dependencies: Json;
  configFilePath: string;
  configFileContent: string;
  lastRestarted: string;
}

export interface Service extends Dated {
  readonly identity: Identity;
  readonly name: string;
  mode: string;
  state: 'Active' | 'Idle' | 'Error';
  statistics: Json;
}

export interface Processor extends Dated {
  readonly service: Service;
  readonly name: string;
  lastRunMs: number;
  backendType: string;
  backendVersion: string;
}

/** A unified queue: of one identity, or bound to scopes. */
export interface Consumer extends Dated {
  readonly owner: User;
  readonly identity: Identity | undefined;
  /** Offerings it is bound to; empty means everything (staff). */
  readonly offerings: readonly string[];
  /** Empty means all. */
  objectTypes: readonly string[];
  login: string;
  readonly queue: string;
}

/** Legacy: one per user and type. */
export interface Subscription extends Dated {
  readonly user: User;
  readonly objectType: string;
  readonly description: string;
}

export interface SubscriptionQueue extends Row {
  readonly subscription: Subscription;
  readonly offering: Offering;
  readonly objectType: string;
  readonly created: string;
  readonly queue: string;
}

export interface ImportRequest extends Dated {
  readonly offering: Offering;
  state: 'Sent' | 'Processing' | 'Done' | 'Erred';
  started: string | undefined;
  finished: string | undefined;
  errorMessage: string;
  errorTraceback: string;
}

export interface BackendResource extends Dated {
  readonly name: string;
  readonly project: Project;
  readonly offering: Offering;
  readonly backendId: string;
  readonly backendMetadata: Json;
}

export interface OfferingUser extends Dated {
  readonly offering: Offering;
  readonly user: User;
  username: string;
  state: string;
  comment: string;
  commentUrl: string;
}

export interface AgentLog extends Row {
  readonly identity: Identity;
  readonly timestamp: number;
  readonly level: string;
  readonly message: string;
  readonly module: string;
  readonly created: string;
}
