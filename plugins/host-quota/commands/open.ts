import type { CommandCall } from '../../../src/plugin/contract.ts';
import { createDeps, type Deps } from '../deps.ts';
import { unknownHost } from '../errors.ts';
import type { HostService } from '../host/service.ts';
import { hostOf } from '../host-of.ts';
import type { Remote } from '../remote/remote-site.ts';
import type { Settings } from '../settings.ts';

/** What a command works on: this host, or the one that `--host` names. */
export interface Opened {
  readonly deps: Deps;
  readonly host: HostService;
  /** Undefined for this host. */
  readonly remote: Remote | undefined;
}

export async function withHost<T>(call: CommandCall<Settings>, work: (opened: Opened) => Promise<T>): Promise<T> {
  const offering = await call.offering();
  const deps = createDeps(offering.context);
  try {
    const wanted = call.values.get('host');
    const isHere = wanted === undefined || wanted === deps.hostId;
    const remote = isHere ? undefined : deps.remotes.find(({ id }) => id === wanted);
    if (!isHere && remote === undefined) throw unknownHost(wanted);
    return await work({ deps, host: hostOf(deps), remote });
  } finally {
    for (const { client } of deps.remotes) client.close();
    deps.close();
    await offering.close();
  }
}
