import type { Person } from './authorize.ts';

/** Who is behind a request. */
export interface People {
  /** The person whose session the cookies of a request prove; undefined without a session that is valid now. */
  identify(cookies: string | undefined): Identified | undefined;
}

export interface Identified {
  readonly person: Person;
  /** A `Set-Cookie` that replaces the cookie of a session which goes on. */
  readonly renewed?: string;
}

/** Where there is no login. */
export const NO_PEOPLE: People = { identify: () => undefined };
