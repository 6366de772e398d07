import type { Plugin } from '../plugin/contract.ts';
import { meterings } from './check-metering.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawOffering } from './raw.ts';
import { METERING_OF_REPORTING_BACKEND } from './reference-keys.ts';
import { normalId } from './schema.ts';

/**
 * The reference agent lets an offering name a backend for each task; here `backend_type` does all of them. A name that
 * means the same has no effect. One that would bill in another way than the agent does is refused.
 */
export function checkBackendNames(raw: RawOffering, plugin: Plugin, path: string): readonly Problem[] {
  return [...checkOrders(raw, plugin, path), ...checkReporting(raw, plugin, path)];
}

function checkOrders(raw: RawOffering, plugin: Plugin, path: string): readonly Problem[] {
  const name = raw.order_processing_backend;
  if (name === undefined) return [];
  const message = isNameOf(plugin, name)
    ? '"order_processing_backend" has no effect: orders are processed by backend_type'
    : `"order_processing_backend" names ${other(name)}, but orders are processed by ${raw.backend_type}`;
  return [{ severity: 'warning', path: pointer(path, 'order_processing_backend'), atKey: true, message }];
}

function checkReporting(raw: RawOffering, plugin: Plugin, path: string): readonly Problem[] {
  const name = raw.reporting_backend;
  if (name === undefined) return [];
  const at = { path: pointer(path, 'reporting_backend'), atKey: true };
  const meant = typeof name === 'string' ? METERING_OF_REPORTING_BACKEND[normalId(name)] : undefined;
  const { metering } = raw.backend_settings;
  if (isNameOf(plugin, name) || (meant !== undefined && meant === metering)) {
    const message = '"reporting_backend" has no effect: usage is reported by backend_type, as metering says';
    return [{ severity: 'warning', ...at, message }];
  }
  if (meant !== undefined && meterings(plugin).includes(meant)) {
    const message = `this "reporting_backend" bills ${meant}, but usage of this offering is metered as ${metering}`;
    return [{ severity: 'error', ...at, message, hint: `write metering: ${meant} under backend_settings` }];
  }
  const message = `"reporting_backend" names ${other(name)}, but usage is reported by ${raw.backend_type}`;
  return [{ severity: 'error', ...at, message, hint: 'remove this line if usage is to be reported that way' }];
}

function isNameOf({ id, aliases = [] }: Plugin, name: unknown): boolean {
  return typeof name === 'string' && [id, ...aliases].some((known) => normalId(known) === normalId(name));
}

function other(name: unknown): string {
  return name === '' || name === null ? 'no backend' : 'another backend';
}
