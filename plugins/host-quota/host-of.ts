import type { Deps } from './deps.ts';
import { createHostService, type HostService } from './host/service.ts';

/** The host as other programs and commands see it. */
export function hostOf(deps: Deps): HostService {
  const { settings, devices, names, store, clock, log, registry, hostId: id } = deps;
  const range = { uid_min: settings.uid_min, uid_max: settings.uid_max };
  const hasGroups = !settings.MOCK_QUOTA;
  return createHostService({ id, devices, names, store, clock, log, registry, range, hasGroups });
}
