import type { Deps } from './deps.ts';
import { createHostService, type HostService } from './host/service.ts';

/** The host as other programs and commands see it. */
export function hostOf(deps: Deps): HostService {
  const { settings, devices, names, store, registry, hostId: id } = deps;
  return createHostService({ id, devices, names, store, registry, range: settings, hasGroups: !settings.MOCK_QUOTA });
}
