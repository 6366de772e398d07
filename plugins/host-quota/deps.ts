import { readFile } from 'node:fs/promises';
import type { PluginContext } from '../../src/plugin/contract.ts';
import { parseAccountId } from './accounts/account-id.ts';
import type { AccountDeps } from './accounts/accounts.ts';
import { type Directories, nodeDirectories } from './accounts/directories.ts';
import { createProjectHolder, createSubvolumeHolder } from './accounts/directory-holder.ts';
import type { Holder } from './accounts/holder.ts';
import { createGroupHolder, createUserHolder } from './accounts/user-holder.ts';
import { createBtrfsDriver } from './devices/btrfs/driver.ts';
import { createDevices, type Devices } from './devices/devices.ts';
import { createLinuxDriver } from './devices/linux/driver.ts';
import { nodeSizes, type Sizes } from './devices/space.ts';
import type { Driver } from './devices/types.ts';
import { createZfsDriver } from './devices/zfs/driver.ts';
import { nodeAuditFiles } from './docker/audit/audit-files.ts';
import { createAuditTail } from './docker/audit/audit-tail.ts';
import type { AuditFiles } from './docker/audit/read-log.ts';
import { createDocker, type Docker } from './docker/docker.ts';
import { createDockerDriver } from './docker/driver.ts';
import { createEngine, type Engine } from './docker/engine/engine.ts';
import { DOCKER, dockerSettings, usesDocker } from './docker/settings.ts';
import { unparseable } from './errors.ts';
import { parseRange } from './host/allocate.ts';
import { isEligible } from './host/eligible.ts';
import { createLocalSite } from './host/local-site.ts';
import { createNames, type Names } from './host/names.ts';
import { createMockDocker, createMockDockerDriver } from './mock/docker.ts';
import { createMockDriver, createMockNames } from './mock/driver.ts';
import { type MockHost, mockHost } from './mock/hosts.ts';
import { type Mount, parseMountinfo } from './mounts/mountinfo.ts';
import { openRegistry, type Registry } from './registry/registry.ts';
import { type RegistryFiles, registryFiles } from './registry/registry-files.ts';
import { createRemoteClient } from './remote/client.ts';
import { createRemoteSite, type Remote } from './remote/remote-site.ts';
import { type Walk, walk as walkFiles } from './scan/walk.ts';
import { datasetsOf, hostIdOf, type Settings, usesZfs } from './settings.ts';
import type { Site } from './site.ts';
import { createEnforcementWatch, type EnforcementWatch } from './state/enforcement.ts';
import { createRun, type Run } from './tools/run.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly hostId: string;
  readonly run: Run;
  readonly names: Names;
  readonly devices: Devices;
  readonly registry: Registry;
  readonly remotes: readonly Remote[];
  /** Undefined where Docker is not looked at. */
  readonly docker: Docker | undefined;
  readonly walk: Walk;
  /** Of the local device. */
  readonly enforcement: EnforcementWatch;
  /** The local one first. */
  readonly sites: readonly Site[];
  /** What accounts on this site need. */
  accounts(site: Site): AccountDeps;
  /** Ends the programs that still run. */
  close(): void;
}

/** Where effects go. A test may hand in others. */
export interface Effects {
  readonly run?: Run | undefined;
  readonly mounts?: (() => Promise<readonly Mount[]>) | undefined;
  readonly sizes?: Sizes | undefined;
  readonly directories?: Directories | undefined;
  readonly files?: RegistryFiles | undefined;
  readonly engine?: Engine | undefined;
  readonly auditFiles?: AuditFiles | undefined;
  readonly walk?: Walk | undefined;
}

/** Opens nothing yet: the first program runs when it is needed. */
export function createDeps(context: PluginContext<Settings>, effects: Effects = {}): Deps {
  const { settings, clock } = context;
  const { run = createRun(clock, settings.tools), mounts = readMounts, sizes = nodeSizes } = effects;
  const closing = new AbortController();
  // Made-up data touches nothing of the host: neither its file systems nor its users.
  const made = settings.MOCK_QUOTA
    ? mockHost(settings.MOCK_HOST_ID, Math.floor(clock.now().getTime() / 1000))
    : undefined;
  const names = made === undefined ? createNames(run) : createMockNames(made);
  const { files = registryFiles } = effects;
  const registry = openRegistry({ directory: settings.registry, files, store: context.store, token: tokenOf(context) });
  const docker =
    made !== undefined
      ? mockDockerFor(context, made, names)
      : usesDocker(settings)
        ? dockerFor(context, effects, names, registry)
        : undefined;
  const drivers =
    made === undefined
      ? [
          ...driversFor(settings, { run, mounts, sizes }, names),
          ...(docker === undefined ? [] : [createDockerDriver(docker)]),
        ]
      : [createMockDriver(made), ...(docker === undefined ? [] : [createMockDockerDriver(docker)])];
  const devices = createDevices(drivers, closing.signal, made === undefined ? 'by-name' : 'as-given');
  const hostId = hostIdOf(settings) ?? 'localhost';
  const local = createLocalSite(hostId, settings.device, devices, names);
  const remotes = settings.remote.map((host) => ({ id: host.id, client: createRemoteClient(context, host) }));
  const holder =
    made === undefined ? holderFor(settings, run, names, effects.directories ?? nodeDirectories) : undefined;
  const accounts = (site: Site): AccountDeps => ({
    site,
    subject: settings.subject,
    deviceName: settings.device,
    softRatio: settings.soft_ratio,
    registry,
    holder: site === local ? holder : undefined,
    ids: idsOf(settings),
    isEligible: (id) => isEligible(id, settings),
    nameOf: (resource) => settings.user_prefix + resource.slice(0, 8),
    now: () => clock.now(),
    // Only Docker remembers what it saw, and where accounts are on another device it may be down.
    lookAgain: async (signal) => {
      if (site === local && settings.device === DOCKER) await docker?.view(signal, true);
    },
  });
  return {
    ...context,
    random: (bytes) => context.random(bytes),
    hostId,
    run,
    names,
    devices,
    registry,
    remotes,
    docker,
    enforcement: createEnforcementWatch({
      devices,
      store: context.store,
      deviceName: settings.device,
      subject: settings.subject,
      now: () => clock.now(),
    }),
    walk: effects.walk ?? walkFiles,
    sites: [local, ...remotes.map((remote) => createRemoteSite(remote, settings.device))],
    accounts,
    close: () => closing.abort(new Error('the backend is closed')),
  };
}

function driversFor(
  settings: Settings,
  deps: { readonly run: Run; readonly sizes: Sizes; mounts(): Promise<readonly Mount[]> },
  names: Names,
): readonly Driver[] {
  return [
    ...(settings.USE_PYQUOTA ? [createLinuxDriver(deps)] : []),
    ...(settings.subject === 'subvolume' ? [createBtrfsDriver(deps)] : []),
    ...(usesZfs(settings)
      ? [createZfsDriver({ run: deps.run, datasets: datasetsOf(settings), idOf: idOf(names) })]
      : []),
  ];
}

function mockDockerFor(
  { clock, log, settings }: PluginContext<Settings>,
  { hasDocker = false }: MockHost,
  names: Names,
): Docker | undefined {
  return hasDocker ? createMockDocker({ clock, log, names, settings: dockerSettings(settings) }) : undefined;
}

function dockerFor(context: PluginContext<Settings>, effects: Effects, names: Names, registry: Registry): Docker {
  const { store, clock, log } = context;
  const settings = dockerSettings(context.settings);
  return createDocker({
    engine: effects.engine ?? createEngine(clock, settings.socket),
    audit: createAuditTail(effects.auditFiles ?? nodeAuditFiles, settings.auditLog),
    sizes: effects.sizes ?? nodeSizes,
    store,
    names,
    clock,
    log,
    settings,
    isPerson: (uid) => isEligible(uid, context.settings),
    suspended: async () => {
      const ids = (await registry.all()).flatMap(({ account = '', frozen }) => {
        const id = frozen === undefined ? undefined : parseAccountId(account);
        return id?.device === DOCKER ? [id.id] : [];
      });
      return new Set(ids);
    },
    holder: tokenOf(context),
  });
}

function tokenOf(context: PluginContext<Settings>): string {
  return Buffer.from(context.random(8)).toString('hex');
}

async function readMounts(): Promise<readonly Mount[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const { rows, problems } = parseMountinfo(text);
  if (problems[0] !== undefined) throw unparseable('/proc/self/mountinfo', text, problems[0]);
  return rows;
}

function holderFor(settings: Settings, run: Run, names: Names, directories: Directories): Holder | undefined {
  const { subject, create_users: makes, base_dir: baseDir } = settings;
  if (subject === 'user') return makes ? createUserHolder(run, names) : undefined;
  if (subject === 'group') return makes ? createGroupHolder(run, names) : undefined;
  if (baseDir === undefined) return undefined;
  const deps = { run, directories, baseDir };
  return subject === 'project' ? createProjectHolder(deps) : createSubvolumeHolder(deps);
}

function idsOf({ subject, project_ids, uid_min: from, uid_max: to }: Settings): { from: number; to: number } {
  return (subject === 'project' ? parseRange(project_ids) : undefined) ?? { from, to };
}

function idOf(
  names: Names,
): (kind: 'user' | 'group', name: string, signal: AbortSignal) => Promise<number | undefined> {
  return async (kind, name, signal) =>
    kind === 'user' ? (await names.user(name, signal))?.uid : (await names.group(name, signal))?.gid;
}
