import type { Metering, Plugin } from '../plugin/contract.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawOffering } from './raw.ts';

/** Whether the agent must sample what is stored now, because the backend has no history to answer from. */
export function isSampled(plugin: Plugin, metering: Metering, settings: unknown): boolean {
  if (metering === 'current') return false;
  return !plugin.metering.includes(metering) || plugin.unmetered?.(settings).includes(metering) === true;
}

/** What can be metered: what the backend measures itself, and what can be made of samples of what is stored now. */
export function meterings(plugin: Plugin): readonly Metering[] {
  const sampled: readonly Metering[] = plugin.metering.includes('current') ? ['current', 'gb_days', 'peak'] : [];
  return [...new Set([...plugin.metering, ...sampled])];
}

/** Samples that end with the process would lose a part of every month. */
export function checkMetering(
  { raw, plugin, path }: { readonly raw: RawOffering; readonly plugin: Plugin; readonly path: string },
  settings: unknown,
  isDurable: boolean,
): readonly Problem[] {
  const { metering } = raw.backend_settings;
  if (isDurable || !isSampled(plugin, metering, settings)) return [];
  const at = pointer(pointer(path, 'backend_settings'), 'metering');
  const message = `metering: ${metering} of ${plugin.id} is made of samples, which need a file that outlives the agent`;
  const hint = 'write at the top of the file: state: ${env:STATE_DIRECTORY:-/var/lib/waldur-storage-agent}/agent.db';
  return [{ severity: 'error', path: at, message, hint }];
}
