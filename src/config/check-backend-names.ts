import type { Plugin } from '../plugin/contract.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawOffering } from './raw.ts';
import { REPORTING_BACKENDS } from './reference-keys.ts';
import { isSpellingOf, normalId } from './schema.ts';

/** Keys of the reference agent that give a part of the work to another backend, which we do not: a difference must be seen. */
export function checkBackendNames(raw: RawOffering, plugin: Plugin, path: string): readonly Problem[] {
  return [...checkOrders(raw, plugin, path), ...checkReporting(raw, plugin, path)];
}

function checkOrders(raw: RawOffering, plugin: Plugin, path: string): readonly Problem[] {
  const name = raw.order_processing_backend;
  if (name === undefined) return [];
  const at = pointer(path, 'order_processing_backend');
  const does = `orders are processed by ${isSame(plugin, name) ? 'backend_type' : raw.backend_type}`;
  const message = isSame(plugin, name)
    ? `"order_processing_backend" has no effect: ${does}`
    : `"order_processing_backend" names ${name === '' ? 'no backend' : 'another backend'}, but ${does}`;
  return [{ severity: 'warning', path: at, atKey: true, message }];
}

/** Another way of measuring is another bill, so what cannot be done is refused. */
function checkReporting(raw: RawOffering, plugin: Plugin, path: string): readonly Problem[] {
  const name = raw.reporting_backend;
  if (name === undefined) return [];
  const at = pointer(path, 'reporting_backend');
  const { metering } = raw.backend_settings;
  const meant = typeof name === 'string' ? REPORTING_BACKENDS[normalId(name)] : undefined;
  if (isSame(plugin, name) || meant === metering) {
    const message = '"reporting_backend" has no effect: usage is reported by backend_type';
    return [{ severity: 'warning', path: at, atKey: true, message }];
  }
  if (meant !== undefined) {
    const message = `"reporting_backend" asks for metering: ${meant}, but the offering has metering: ${metering}`;
    const hint = `remove this line and write under backend_settings: metering: ${meant}`;
    return [{ severity: 'error', path: at, atKey: true, message, hint }];
  }
  if (name === '') {
    const message = `"reporting_backend" names no backend, but usage is reported by ${raw.backend_type}`;
    return [{ severity: 'warning', path: at, atKey: true, message }];
  }
  const message = `"reporting_backend" names another backend, but usage can only be reported by ${raw.backend_type}`;
  return [{ severity: 'error', path: at, atKey: true, message, hint: 'remove this line' }];
}

function isSame(plugin: Plugin, name: unknown): boolean {
  return typeof name === 'string' && isSpellingOf(plugin, name);
}
