import { toUuid } from '../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { Soon } from './bus.ts';
import type { Row, User } from './model.ts';
import type { Query } from './query.ts';
import { invalid, type Reply, required } from './reply.ts';
import type { Rendering } from './serialize/fields.ts';
import type { Table } from './table.ts';
import type { World } from './world.ts';

/** One authenticated request, as routes see it. */
export interface Call extends Rendering {
  readonly world: World;
  readonly user: User;
  /** The credential as presented. */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  /** The UUID in the path, or the empty string. */
  readonly uuid: string;
  readonly query: Query;
  readonly userAgent: string;
  /** Read when it is asked for, as the server does: whoever may not act is told so whatever they sent. */
  readonly body: Json | undefined;
  /** Rows by which list pages are shifted; a fault. */
  readonly shift: number;
}

export type Handler = (call: Call) => Soon<Reply>;
/** `GET marketplace-orders/:u/` and the like. */
export type Routes = Readonly<Record<string, Handler>>;

/** The body as an object; keys the route does not know are ignored, as on the server, but noted in the journal. */
export function bodyOf(call: Call, known?: readonly string[]): JsonObject {
  const { body } = call;
  if (body === undefined) return {};
  if (!isJsonObject(body)) {
    throw invalid({ non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] });
  }
  const unknown = known === undefined ? [] : Object.keys(body).filter((name) => !known.includes(name));
  if (unknown.length > 0) call.world.journal.add('warning', { path: call.path, detail: { unknown_keys: unknown } });
  return body;
}

/** A text of the body. @throws Refusal 400 when it is missing or no text */
export function textOf(body: JsonObject, name: string): string {
  const value = body[name];
  if (value === undefined) throw required(name);
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw invalid({ [name]: ['Not a valid string.'] });
  return value;
}

export function optionalText(body: JsonObject, name: string, otherwise = ''): string {
  return body[name] === undefined || body[name] === null ? otherwise : textOf(body, name);
}

/** An object of the body. @throws Refusal 400 when it is missing or something else */
export function objectOf(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  if (value === undefined) throw required(name);
  if (isJsonObject(value)) return value;
  if (value === null) throw invalid({ [name]: ['This field may not be null.'] });
  throw invalid({ [name]: ['Expected a dictionary of items but got type "list".'] });
}

/** A row named in the body by its UUID. @throws Refusal 400 as a slug-related field does */
export function referenced<R extends Row>(table: Pick<Table<R>, 'get'>, body: JsonObject, name: string): R {
  const text = textOf(body, name);
  const row = table.get(toUuid(text) ?? '');
  if (row === undefined) throw invalid({ [name]: [`Object with uuid=${text} does not exist.`] });
  return row;
}

/** A row named in the body by its URL. @throws Refusal 400 as a hyperlinked field does */
export function linked<R extends Row>(table: { get(uuid: string): R | undefined }, body: JsonObject, name: string): R {
  const text = textOf(body, name);
  const uuid = toUuid(text.split('/').filter(Boolean).at(-1));
  if (!text.includes('/') || uuid === undefined) throw invalid({ [name]: ['Invalid hyperlink - No URL match.'] });
  const row = table.get(uuid);
  if (row === undefined) throw invalid({ [name]: ['Invalid hyperlink - Object does not exist.'] });
  return row;
}

export function booleanOf(body: JsonObject, name: string): boolean {
  const value = body[name];
  if (value === undefined) throw required(name);
  if (typeof value !== 'boolean') throw invalid({ [name]: ['Must be a valid boolean.'] });
  return value;
}
