import type { Metering, Plugin } from '../plugin/contract.ts';
import { meterings } from './check-metering.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawComponent } from './raw.ts';

/** `GB-day`, `GiB hours`: quantity times time. `GB/day` and `GB/month` name a price, and not a quantity. */
const PRODUCT_WITH_TIME = /^[^/]*(day|hour)s?$/i;
const PRODUCT_WITH_DAYS = /^[^/]*days?$/i;

/** Whether the unit that a component is billed in is the one that `metering` measures. `path` is the component's pointer. */
export function checkUnit(
  type: string,
  { measured_unit: unit, accounting_type, backend_name }: RawComponent,
  plugin: Plugin,
  metering: Metering,
  path: string,
): readonly Problem[] {
  const component = plugin.components[backend_name ?? type];
  if (unit === undefined || accounting_type !== 'usage' || component?.unit !== 'bytes') return [];
  const at = pointer(path, 'measured_unit');
  if (metering !== 'gb_days' && PRODUCT_WITH_TIME.test(unit.trim())) {
    const message = `"${type}" is billed in a unit with time, but metering is ${metering}: bytes would be billed as bytes times days`;
    const hint = meterings(plugin).includes('gb_days') ? 'write metering: gb_days under backend_settings' : undefined;
    return [{ severity: 'error', path: at, message, hint: hint ?? 'use a unit without time, such as GB' }];
  }
  if (metering === 'gb_days' && !PRODUCT_WITH_DAYS.test(unit.trim())) {
    const message = `"${type}" is metered in bytes times days, and its unit does not say so`;
    const size = /^[a-z]+/i.exec(unit.trim())?.[0] ?? 'GB';
    const hint = `write measured_unit: ${size}-days, or metering: current under backend_settings`;
    return [{ severity: 'error', path: at, message, hint }];
  }
  return [];
}
