import { compareKeys } from './order.ts';
import { type Bounds, type Position, type WalkDeps, walkOrdinary } from './walk.ts';
import { walkEscaped } from './walk-escaped.ts';

/** All keys of a bucket, ordinary and escaped, that begin with `prefix` and are behind the position, each once and in order. */
export async function* walkKeys(
  deps: WalkDeps,
  root: string,
  prefix: string,
  position: Position,
  bounds: Bounds,
): AsyncGenerator<string> {
  const ordinary = walkOrdinary(deps, root, prefix, position, bounds);
  const escaped = walkEscaped(deps, root, prefix, position, bounds.signal);
  try {
    let [a, b] = [await next(ordinary), await next(escaped)];
    while (a !== undefined || b !== undefined) {
      const { stoppedAt } = bounds.budget;
      // Behind it there may be ordinary keys that were not looked at.
      if (a === undefined && b !== undefined && stoppedAt !== undefined && compareKeys(b, stoppedAt) > 0) return;
      const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a, b);
      yield order <= 0 ? (a ?? '') : (b ?? '');
      if (order <= 0) a = await next(ordinary);
      if (order >= 0) b = await next(escaped);
    }
  } finally {
    await ordinary.return(undefined);
    await escaped.return(undefined);
  }
}

async function next(keys: AsyncGenerator<string>): Promise<string | undefined> {
  const { done, value } = await keys.next();
  return done === true ? undefined : value;
}
