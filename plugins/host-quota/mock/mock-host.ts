import type { Clock } from '../../../src/lib/clock.ts';
import type { Log } from '../../../src/lib/log.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { createDevices } from '../devices/devices.ts';
import { createHostService, type HostService } from '../host/service.ts';
import { createMockDriver, createMockNames } from './driver.ts';
import { type MockHostId, mockHost } from './hosts.ts';

/** A made-up host that answers as a real one does, and forgets everything with the process. */
export function createMockHost(id: MockHostId, clock: Clock, log: Log): HostService {
  const host = mockHost(id, Math.floor(clock.now().getTime() / 1000));
  return createHostService({
    id,
    devices: createDevices([createMockDriver(host)], new AbortController().signal),
    names: createMockNames(host),
    store: createMemoryDocuments(clock),
    clock,
    log,
    registry: undefined,
    range: { uid_min: 1000, uid_max: 9999 },
    hasGroups: false,
  });
}
