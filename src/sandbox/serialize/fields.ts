import type { Json, JsonObject } from '../../lib/json.ts';
import type { World } from '../world.ts';

export interface Rendering {
  readonly world: World;
  /** `http://host/api/`, from the request's Host header. */
  readonly base: string;
}

/** One function per key of an object: what is not asked for is not computed. */
export type Shape<R> = Readonly<Record<string, (row: R, to: Rendering) => Json>>;

export type Renderer<R> = (row: R, to: Rendering, fields?: readonly string[]) => JsonObject;

/** Renders rows with the keys asked for; with none, or none that exists, with all. */
export function renderer<R>(shape: Shape<R>): Renderer<R> {
  const everything = Object.entries(shape);
  const selections = new WeakMap<readonly string[], typeof everything>();
  const select = (fields: readonly string[]): typeof everything => {
    let selection = selections.get(fields);
    if (selection === undefined) {
      const chosen = everything.filter(([name]) => fields.includes(name));
      selection = chosen.length === 0 ? everything : chosen;
      selections.set(fields, selection);
    }
    return selection;
  };
  return (row, to, fields) => {
    const result: Record<string, Json> = {};
    for (const [name, value] of fields === undefined || fields.length === 0 ? everything : select(fields)) {
      result[name] = value(row, to);
    }
    return result;
  };
}

export function url(to: Rendering, collection: string, uuid: string): string {
  return `${to.base}${collection}/${uuid}/`;
}

/** Some keys are serialised with dashes. */
export function dashed(uuid: string): string {
  return uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
