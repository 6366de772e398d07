import type { Deps } from './deps.ts';
import { createHostService, type HostService } from './host/service.ts';
import { createMockHost } from './mock/mock-host.ts';

/** The host as other programs and commands see it, made up where the settings say so. */
export function hostOf(deps: Deps): HostService {
  const { settings, clock, devices, names, store, registry, hostId: id } = deps;
  if (settings.MOCK_QUOTA) return createMockHost(settings.MOCK_HOST_ID, clock);
  return createHostService({ id, devices, names, store, registry, range: settings, hasGroups: true });
}
