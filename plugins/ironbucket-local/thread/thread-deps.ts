import { randomBytes } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock.ts';
import type { AskNode } from '../cluster/ask-node.ts';
import { createDeps, type Deps, type Storage } from '../deps.ts';
import { directDisk } from '../direct-disk.ts';
import { directFiles } from '../objects/direct-files.ts';
import type { Quotas } from '../quota/quotas.ts';
import type { Settings } from '../settings.ts';
import type { AgentCalls, ThreadStart } from './calls.ts';
import { ownerOf } from './owner-of.ts';
import type { Peer } from './peer.ts';
import { portLog } from './port-log.ts';
import type { SharedBuckets } from './shared-buckets.ts';

/** What a thread works with. Whatever it does not know itself it asks the agent, and it tells others what they see. */
export function threadDeps(
  agent: Peer<AgentCalls>,
  { settings, index, count, nodes }: Pick<ThreadStart, 'settings' | 'index' | 'count' | 'nodes'>,
  shared: SharedBuckets,
): Deps {
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const context = { settings, log: portLog(agent), clock: systemClock, random };
  const owns = (bucket: string): boolean => ownerOf(bucket, count) === index;
  const others = nodes.map((name) => otherNode(agent, name));
  const { changing, collect } = shared;
  const deps = createDeps(context, { ...storageOf(settings), others, owns, changing, collect });
  return { ...deps, quotas: publishing(deps.quotas, shared) };
}

/** Every answer about a bucket asks for its state, after what it did: there, others are told of it. */
function publishing(quotas: Quotas, shared: SharedBuckets): Quotas {
  const state: Quotas['state'] = async (account, signal) => {
    const use = await quotas.state(account, signal);
    shared.publish(account, use, systemClock.now());
    return use;
  };
  return {
    ...quotas,
    state,
    setLimit: async (account, maxBytes, signal) => {
      const isChanged = await quotas.setLimit(account, maxBytes, signal);
      if (shared.has(account)) await state(account, signal);
      return isChanged;
    },
    forget: async (account) => {
      shared.end(account);
      await quotas.forget(account);
    },
  };
}

/** Without the thread pool, unless every effect must be on the disk, which takes long. */
function storageOf({ fsync }: Settings): Storage {
  return fsync ? {} : { disk: directDisk, files: directFiles(systemClock) };
}

function otherNode(agent: Peer<AgentCalls>, name: string): AskNode {
  const ask: AskNode['ask'] = (bucket, month, signal) => agent.call('askNode', [name, bucket, month], signal);
  return { name, ask, close: () => undefined };
}
