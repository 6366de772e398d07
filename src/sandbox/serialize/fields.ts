import type { Json, JsonObject } from '../../lib/json.ts';
import type { User } from '../model.ts';
import type { World } from '../world.ts';

export interface Rendering {
  readonly world: World;
  /** `http://host/api/`, from the request's Host header. */
  readonly base: string;
  /** Who asked: some keys are for staff. */
  readonly user?: User;
}

/** One function per key of an object: what is not asked for is not computed. Undefined leaves the key out. */
export type Shape<R> = Readonly<Record<string, (row: R, to: Rendering) => Json | undefined>>;

/** How an object of the 2024 release differs from that of 8.1. */
export interface Older<R> {
  /** Keys it does not have, with spaces between them. */
  readonly lacks?: string;
  /** Keys it has beside or instead. */
  readonly has?: Shape<R>;
}

export type Renderer<R> = (row: R, to: Rendering, fields?: readonly string[]) => JsonObject;

/** Renders rows with the keys asked for; with none, or none that exists, with all. */
export function renderer<R>(shape: Shape<R>, older?: Older<R>): Renderer<R> {
  const lacks = older?.lacks?.split(/\s+/) ?? [];
  const kept = Object.entries(shape).filter(([name]) => !lacks.includes(name));
  const select = selector(shape);
  const selectOlder = older === undefined ? select : selector({ ...Object.fromEntries(kept), ...older.has });
  return (row, to, fields = []) => {
    const result: Record<string, Json> = {};
    for (const [name, render] of (isOlder(to) ? selectOlder : select)(fields)) {
      const value = render(row, to);
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

export function isOlder({ world }: Rendering): boolean {
  return world.settings.profile === '2024';
}

type Entries<R> = readonly (readonly [string, Shape<R>[string]])[];

function selector<R>(shape: Shape<R>): (fields: readonly string[]) => Entries<R> {
  const everything = Object.entries(shape);
  const selections = new WeakMap<readonly string[], Entries<R>>();
  return (fields) => {
    let selection = fields.length === 0 ? everything : selections.get(fields);
    if (selection === undefined) {
      const chosen = everything.filter(([name]) => fields.includes(name));
      selection = chosen.length === 0 ? everything : chosen;
      selections.set(fields, selection);
    }
    return selection;
  };
}

export function url(to: Rendering, collection: string, uuid: string): string {
  return `${to.base}${collection}/${uuid}/`;
}

/** Some keys are serialised with dashes. */
export function dashed(uuid: string): string {
  return uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
