import type { BackendComponent, Metering, Plugin } from '../plugin/contract.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawComponent, RawOffering } from './raw.ts';

/** Whether the agent must sample what is stored now, because the backend has no history to answer from. */
export function isSampled(plugin: Plugin, metering: Metering): boolean {
  return metering !== 'current' && !plugin.metering.includes(metering);
}

/** Settings under which usage would be billed as something that it is not. */
export function checkMetering(
  { raw, plugin, path }: { readonly raw: RawOffering; readonly plugin: Plugin; readonly path: string },
  isDurable: boolean,
): readonly Problem[] {
  const { metering } = raw.backend_settings;
  const problems = Object.entries(raw.backend_components).flatMap(([type, component]) => {
    const measure = plugin.components[component.backend_name ?? type];
    return checkUnit(component, measure?.unit, metering, pointer(pointer(path, 'backend_components'), type));
  });
  if (!isSampled(plugin, metering) || isDurable) return problems;
  const at = pointer(pointer(path, 'backend_settings'), 'metering');
  const message = `metering: ${metering} of ${plugin.id} is made of samples, which need a file that outlives the agent`;
  const hint = `write at the top of the file: state: \${env:STATE_DIRECTORY:-/var/lib/waldur-storage-agent}/agent.db`;
  return [...problems, { severity: 'error', path: at, message, hint }];
}

/** `GB-day`, `GiB days`, `TB*d`: a quantity times days; the same with hours. */
const TIMES_DAYS = /[\s\-_*·./]?(?:days?|d)$/i;
const TIMES_HOURS = /[\s\-_*·./]?(?:hours?|hrs?|h)$/i;

function checkUnit(
  component: RawComponent,
  base: BackendComponent['unit'] | undefined,
  metering: Metering,
  path: string,
): readonly Problem[] {
  const { measured_unit: unit, accounting_type: accounting } = component;
  // What is billed by its limit has the unit of the limit.
  if (unit === undefined || accounting !== 'usage') return [];
  const at = pointer(path, 'measured_unit');
  const refuse = (message: string, hint: string): readonly Problem[] => [
    { severity: 'error', path: at, message, hint },
  ];
  if (base === 'bytes' && TIMES_HOURS.test(unit)) {
    return refuse('no metering counts hours', 'metering: gb_days and a unit of days, such as GB-day');
  }
  const isOfDays = TIMES_DAYS.test(unit);
  if (isOfDays === (metering === 'gb_days')) return [];
  return isOfDays
    ? refuse(
        `with metering: ${metering} the quantity ${metering === 'peak' ? 'of the peak' : 'stored now'} would be billed in a unit of days`,
        'write under backend_settings: metering: gb_days',
      )
    : refuse(
        'with metering: gb_days a quantity of days would be billed in a unit without days',
        'measured_unit: GB-day, or metering: current',
      );
}
