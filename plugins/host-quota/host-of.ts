import type { Deps } from './deps.ts';
import { createHostService, type HostService } from './host/service.ts';

/** The host as other programs and commands see it. */
export function hostOf(deps: Deps): HostService {
  const { settings, hostId: id } = deps;
  return createHostService({ ...deps, id, range: settings, hasGroups: !settings.MOCK_QUOTA });
}
