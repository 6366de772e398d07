import type { Resource, Usage, User } from './model.ts';
import { touchResource } from './order-flow.ts';
import { centsToNumber } from './rules/decimal.ts';
import type { UsageItem } from './rules/usage.ts';
import type { World } from './world.ts';

/** Stores validated amounts: one record per resource, component and month; an existing one is overwritten. */
export function recordUsage(
  world: World,
  resource: Resource,
  items: readonly UsageItem[],
  at: { readonly date: string; readonly period: string; readonly by: User },
): void {
  const { usages, periods } = world.store;
  const planPeriod = periods.by('resource', resource.uuid).findLast(({ end }) => end === undefined);
  const stored = new Map<string, Usage>();
  for (const row of usages.by('resourcePeriod', `${resource.uuid} ${at.period}`).slice()) {
    // Records of other plan periods of the month are duplicates, and go.
    if (items.some(({ type }) => type === row.component.type) && row.planPeriod !== planPeriod) usages.delete(row);
    else stored.set(row.component.type, row);
  }
  for (const item of items) {
    const component = resource.offering.components.find(({ type }) => type === item.type);
    if (component === undefined) continue;
    const now = world.clock.stamp();
    const record =
      stored.get(item.type) ??
      usages.insert({
        uuid: world.ids.uuid(),
        created: now,
        modified: now,
        resource,
        component,
        planPeriod,
        billingPeriod: at.period,
        date: at.date,
        cents: 0n,
        description: '',
        recurring: false,
        modifiedBy: at.by,
      });
    stored.set(item.type, record);
    const { cents, description, recurring } = item;
    Object.assign(record, { cents, description, recurring, date: at.date, modified: now, modifiedBy: at.by });
  }
  touchResource(world, resource, (row) => {
    const reported = Object.fromEntries(items.map(({ type, cents }) => [type, centsToNumber(cents)]));
    row.currentUsages = world.settings.profile === '2024' ? reported : { ...row.currentUsages, ...reported };
  });
}
