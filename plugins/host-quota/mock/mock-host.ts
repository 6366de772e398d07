import type { Clock } from '../../../src/lib/clock.ts';
import type { Log } from '../../../src/lib/log.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { createDevices } from '../devices/devices.ts';
import type { Docker } from '../docker/docker.ts';
import { DOCKER, dockerSettings } from '../docker/settings.ts';
import { createHostService, type HostService } from '../host/service.ts';
import { createMockDocker, createMockDockerDriver } from './docker.ts';
import { createMockDriver, createMockNames } from './driver.ts';
import { type MockHostId, mockHost } from './hosts.ts';

export interface MockHostService {
  readonly host: HostService;
  /** Undefined on a host without. */
  readonly docker: Docker | undefined;
}

/** A made-up host that answers as a real one does, and forgets everything with the process. */
export function createMockHost(id: MockHostId, clock: Clock, log: Log): MockHostService {
  const made = mockHost(id, Math.floor(clock.now().getTime() / 1000));
  const names = createMockNames(made);
  const docker =
    made.hasDocker === true
      ? createMockDocker({ clock, log, names, settings: dockerSettings({ device: DOCKER }) })
      : undefined;
  const drivers = [createMockDriver(made), ...(docker === undefined ? [] : [createMockDockerDriver(docker)])];
  const host = createHostService({
    id,
    devices: createDevices(drivers, new AbortController().signal, 'as-given'),
    names,
    store: createMemoryDocuments(clock),
    clock,
    log,
    registry: undefined,
    range: { uid_min: 1000, uid_max: 9999 },
    hasGroups: false,
  });
  return { host, docker };
}
