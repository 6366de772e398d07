import type { Clock } from '../../../src/lib/clock.ts';
import type { Json } from '../../../src/lib/json.ts';
import type { Log } from '../../../src/lib/log.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import type { Driver } from '../devices/types.ts';
import { createAuditTail } from '../docker/audit/audit-tail.ts';
import { createDocker, type Docker } from '../docker/docker.ts';
import { createDockerDriver } from '../docker/driver.ts';
import { overrideKey } from '../docker/known-store.ts';
import type { Evidence, KnownImage, KnownLayer } from '../docker/ownership/types.ts';
import type { DockerSettings } from '../docker/settings.ts';
import type { Names } from '../host/names.ts';
import { createMockEngine, IMAGES, layerOf, VOLUMES } from './engine.ts';

const GIB_KIB = 1024 * 1024;
const LIMITS = { 1000: 10, 1001: 15, 1002: 5 } as const;

export interface MockDockerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly names: Names;
  readonly settings: DockerSettings;
}

/** Docker on a made-up engine: everything else is as on a real host, and is forgotten with the process. */
export function createMockDocker({ clock, log, names, settings }: MockDockerDeps): Docker {
  const now = Math.floor(clock.now().getTime() / 1000);
  const kept = Object.entries(remembered(now)).map(
    ([key, value]) => [key, { text: JSON.stringify(value), expiresAt: undefined }] as const,
  );
  return createDocker({
    engine: createMockEngine(now),
    audit: createAuditTail({ open: async () => undefined }, settings.auditLog),
    sizes: {
      spaceOf: async () => ({ total: 100n * 1024n ** 3n, used: 30n * 1024n ** 3n, free: 70n * 1024n ** 3n }),
      blockKibOf: async () => 4n,
    },
    store: createMemoryDocuments(clock, undefined, new Map(kept)),
    names,
    clock,
    log,
    settings,
    isPerson: (uid) => uid >= 1000,
    suspended: async () => new Set(),
    holder: 'mock',
  });
}

/** As other programs of this kind show it: what is no user's is told for itself, and is not part of `used`. */
export function createMockDockerDriver(docker: Docker): Driver {
  const driver = createDockerDriver(docker);
  return {
    ...driver,
    space: async (device, signal) => {
      const space = await driver.space(device, signal);
      return { ...space, used: space.used - (space.unattributed ?? 0n) };
    },
  };
}

/** What was sold, and what an audit log would have told. */
function remembered(now: number): Readonly<Record<string, Json>> {
  const documents: Record<string, Json> = { 'docker/begun': true };
  for (const [uid, gibibytes] of Object.entries(LIMITS)) {
    documents[`docker/limit/${uid}`] = { kib: gibibytes * GIB_KIB };
  }
  for (const [index, { id, uid, refs }] of IMAGES.entries()) {
    const text = `docker pull ${refs[0]}`;
    const evidence: Evidence = { uid, method: 'pull', event: eventOf(now, index), at: now, text, isDoubtful: false };
    documents[`docker/layer/${layerOf(id)}`] = { image: id, evidence } satisfies KnownLayer as unknown as Json;
    documents[`docker/image/${id}`] = { seenAt: now, isOpen: false } satisfies KnownImage as unknown as Json;
  }
  for (const { name, uid } of VOLUMES) {
    if (uid !== undefined) documents[overrideKey('volume', name)] = { uid, by: 'charlie', at: now };
  }
  return documents;
}

function eventOf(now: number, index: number): string {
  return `${now}.000:${index + 1}`;
}
