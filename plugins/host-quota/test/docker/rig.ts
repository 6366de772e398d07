import type { Documents } from '../../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { type ManualClock, manualClock } from '../../../../test/fakes/clock.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { createAuditTail } from '../../docker/audit/audit-tail.ts';
import { createDocker, type Docker } from '../../docker/docker.ts';
import type { Engine } from '../../docker/engine/engine.ts';
import { dockerSettings } from '../../docker/settings.ts';
import type { HostUser, Names } from '../../host/names.ts';
import type { QuotaEvent } from '../../state/event.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';
import { AUDIT_LOG, type MemoryAudit, memoryAudit } from './memory-audit.ts';
import { ALICE, BOB } from './objects.ts';

export const signal: AbortSignal = new AbortController().signal;

export interface Rig {
  readonly engine: FakeEngine;
  readonly audit: MemoryAudit;
  readonly clock: ManualClock;
  readonly store: Documents;
  readonly users: HostUser[];
  readonly suspended: Set<number>;
  /** As a new process has it. */
  open(changes?: { readonly store?: Documents; readonly engine?: Engine }): Docker;
  setLimit(uid: number, mib: bigint): Promise<void>;
  events(): Promise<readonly QuotaEvent[]>;
  now(): number;
}

export function createRig(options: Omit<Parameters<typeof dockerSettings>[0], 'device'> = {}): Rig {
  const clock = manualClock();
  const store = createMemoryDocuments(clock);
  const [engine, audit] = [createFakeEngine(), memoryAudit()];
  const users = [
    { name: 'alice', uid: ALICE, gecos: 'Alice <alice@example.org>' },
    { name: 'bob', uid: BOB, gecos: '' },
  ];
  const suspended = new Set<number>();
  let processes = 0;
  const names: Names = {
    user: async (key) => users.find(({ name, uid }) => name === key || uid === key),
    group: async () => undefined,
    users: async () => users,
    groups: async () => [],
    userNames: async (ids) => new Map(users.filter(({ uid }) => ids.includes(uid)).map(({ uid, name }) => [uid, name])),
    groupNames: async () => new Map(),
  };
  return {
    engine,
    audit,
    clock,
    store,
    users,
    suspended,
    open: (changes) =>
      createDocker({
        engine,
        store,
        audit: createAuditTail(audit, AUDIT_LOG),
        names,
        sizes: {
          spaceOf: async () => ({ total: 2n ** 40n, used: 2n ** 30n, free: 2n ** 39n }),
          blockKibOf: async () => 4n,
        },
        clock,
        log: silentLog(),
        settings: dockerSettings({ device: 'docker', ...options }),
        isPerson: (uid) => uid >= 1000 && uid < 10_000,
        suspended: async () => suspended,
        holder: `process ${++processes}`,
        ...changes,
      }),
    setLimit: async (uid, mib) => store.put(`docker/limit/${uid}`, { kib: Number(mib * 1024n) }),
    events: async () => (await store.list('outbox/')).map(({ value }) => value as unknown as QuotaEvent),
    now: () => Math.floor(clock.now().getTime() / 1000),
  };
}
