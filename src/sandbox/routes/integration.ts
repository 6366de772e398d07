import type { Call } from '../call.ts';
import { allows } from '../permissions.ts';
import { uuidFilter } from '../query.ts';

const DISCONNECTED_AFTER_MS = 3_600_000;

/**
 * Marks the offering of the query as served by an agent, which the portal shows. Counts only for an agent's User-Agent
 * and an account that may update the offering.
 */
export function touchIntegration(call: Call, agentTypes: readonly string[], legacyTypes: readonly string[]): void {
  const { world } = call;
  if (!call.userAgent.includes('waldur-site-agent')) return;
  const offering = world.store.offerings.get(uuidFilter(call.query, 'offering_uuid') ?? '');
  if (offering === undefined || !allows(world.settings.profile, call.user, 'offering.update', offering)) return;
  const lastMs = world.clock.nowMs();
  for (const agentType of world.settings.profile === '2024' ? legacyTypes : agentTypes) {
    offering.integration.set(agentType, { agentType, status: 'Active', lastMs });
  }
}

/** The hourly task that notices silence. */
export function disconnectSilent(world: Call['world']): void {
  for (const { integration } of world.store.offerings.all()) {
    for (const entry of integration.values()) {
      if (world.clock.nowMs() - entry.lastMs > DISCONNECTED_AFTER_MS) entry.status = 'Disconnected';
    }
  }
}
