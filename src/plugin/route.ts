import type { Json, JsonObject } from '../lib/json.ts';

/**
 * Who may call a route.
 * - `public`: everyone who reaches the port
 * - `own`: the plugin checks its callers itself, for example by API keys of its own
 * - `page`: whoever may see the page: everyone where there is a login, without one only who is on this machine. Tells nothing
 *   about anyone
 * - `user`: a person who is logged in
 * - `operator`: an operator: on loopback, or logged in with that role
 */
export type RouteRole = (typeof ROUTE_ROLES)[number];
export const ROUTE_ROLES = ['public', 'own', 'page', 'user', 'operator'] as const;

/** One path of the agent's HTTP server. A path that two routes claim is an error at start. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, with `:name` for one segment: `/remote-api/devices/:device`. Not below `/v1`, which is the agent's own. */
  readonly path: string;
  readonly role: RouteRole;
  /**
   * Callers without a login may show a key in `Authorization` instead, which `handle` checks. Being on loopback then opens
   * nothing: hosts have users with a shell.
   */
  readonly keys?: boolean;
  /** An OpenAPI operation: summary, parameters, request body, responses. */
  readonly describes?: JsonObject;
  handle(request: RouteRequest, signal: AbortSignal): Promise<RouteReply>;
}

export interface RouteRequest {
  /** Decoded values of the `:name` segments. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON body; undefined when there is none. What is no JSON is refused before. */
  readonly body: Json | undefined;
  /** Address of the peer, or of the client that a trusted proxy names. */
  readonly remoteAddress: string;
  /** The person who is logged in, where there is one. */
  readonly person?: RoutePerson;
}

export interface RoutePerson {
  readonly name: string;
  readonly isOperator: boolean;
  /** Texts that the login server said about the person, by claim; a plugin may know people by one of them. */
  readonly claims?: Readonly<Record<string, string>>;
}

export interface RouteReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text of the `content-type` in `headers`; undefined for no body. */
  readonly body?: Json | undefined;
  /** Instead of `body`: a file as it is, of the `content-type` in `headers`. */
  readonly bytes?: Uint8Array;
}
