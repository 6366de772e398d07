import type { OfferingConfig } from '../config/types.ts';
import type { Uuid } from '../lib/ids.ts';
import { accountName } from '../plugin/naming.ts';
import type { ProjectRef } from '../waldur/types.ts';

const UUID_DIGITS = 8;

/**
 * Tells the project of an account from its name, if it is one that this offering would have given; undefined for any other
 * name, and for one that several projects would have got: slugs are cleaned and cut.
 */
export function projectByName(
  { plugin, settings }: OfferingConfig,
  projects: readonly ProjectRef[],
): (account: string) => Uuid | undefined {
  const rules = plugin.naming(settings);
  const byStem = new Map<string, Uuid | undefined>();
  for (const { uuid, slug, customerSlug } of projects) {
    if (slug === '' || customerSlug === '') continue;
    const name = accountName({ organisation: customerSlug, project: slug, resource: '0'.repeat(UUID_DIGITS) }, rules);
    const stem = name.slice(0, -UUID_DIGITS);
    const isSame = !byStem.has(stem) || byStem.get(stem) === uuid;
    byStem.set(stem, isSame ? uuid : undefined);
  }
  return (account) => {
    const hasDigits = /^[0-9a-f]{8}$/.test(account.slice(-UUID_DIGITS));
    return hasDigits ? byStem.get(account.slice(0, -UUID_DIGITS)) : undefined;
  };
}
