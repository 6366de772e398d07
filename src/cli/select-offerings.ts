import { suggest } from '../config/suggest.ts';
import type { OfferingConfig } from '../config/types.ts';
import { usageError } from './usage-error.ts';

/** The offering called `name`, or all when it is undefined. */
export function selectOfferings(
  offerings: readonly OfferingConfig[],
  name: string | undefined,
): readonly OfferingConfig[] {
  if (name === undefined) return offerings;
  const found = offerings.filter((offering) => offering.name === name);
  if (found.length > 0) return found;
  const names = offerings.map((offering) => offering.name);
  const near = suggest(name, names);
  const hint = near === undefined ? `there are: ${names.join(', ')}` : `did you mean ${JSON.stringify(near)}?`;
  throw usageError(`the configuration has no offering ${JSON.stringify(name)}`, hint);
}
