import { randomBytes } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock.ts';
import type { AskNode } from '../cluster/ask-node.ts';
import { createDeps, type Deps, type Storage } from '../deps.ts';
import { directDisk } from '../direct-disk.ts';
import { directFiles } from '../objects/direct-files.ts';
import { createPace } from '../objects/pace.ts';
import type { Settings } from '../settings.ts';
import type { AgentCalls, ThreadStart } from './calls.ts';
import { ownerOf } from './owner-of.ts';
import type { Peer } from './peer.ts';
import { portLog } from './port-log.ts';

/** What a thread works with. Whatever it does not know itself it asks the agent. */
export function threadDeps(
  agent: Peer<AgentCalls>,
  { settings, index, count, nodes }: Pick<ThreadStart, 'settings' | 'index' | 'count' | 'nodes'>,
): Deps {
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const context = { settings, log: portLog(agent), clock: systemClock, random };
  const owns = (bucket: string): boolean => ownerOf(bucket, count) === index;
  return createDeps(context, { ...storageOf(settings), others: nodes.map((name) => otherNode(agent, name)), owns });
}

/** Without the thread pool, unless every effect must be on the disk, which takes long. */
function storageOf({ fsync }: Settings): Storage {
  return fsync ? {} : { disk: directDisk, files: directFiles(createPace(systemClock)) };
}

function otherNode(agent: Peer<AgentCalls>, name: string): AskNode {
  const ask: AskNode['ask'] = (bucket, month, signal) => agent.call('askNode', [name, bucket, month], signal);
  return { name, ask, close: () => undefined };
}
