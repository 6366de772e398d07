import type { Claim, CommonSettings, JsonSchema, NamingRules, SettingProblem } from '../../src/plugin/contract.ts';
import type { KeyHolder } from './central/keys.ts';
import type { Subject } from './devices/types.ts';
import { DOCKER, type DockerOptions, dockerProblems, dockerSchema } from './docker/settings.ts';
import { parseRange } from './host/allocate.ts';
import { IGNORED_SETTINGS } from './settings-ignored.ts';
import { API_KEYS, HOST_ID, NOTIFICATIONS, PATH, REMOTE, SECRET, SERVE, UID } from './settings-parts.ts';

/** `backend_settings` after validation. */
export interface Settings extends DockerOptions {
  readonly device: string;
  readonly subject: Subject;
  readonly host_id?: string;
  readonly create_users: boolean;
  readonly approval: 'none' | 'manual';
  readonly user_prefix: string;
  readonly base_dir?: string;
  readonly project_ids: string;
  readonly uid_min: number;
  readonly uid_max: number;
  readonly soft_ratio: number;
  readonly registry: string;
  readonly remote: readonly RemoteHost[];
  readonly api_key?: string;
  readonly api_keys: readonly KeyHolder[];
  readonly central?: boolean;
  readonly user_claim?: string;
  readonly serve?: ServeSettings;
  readonly tools: Readonly<Record<string, string>>;
  readonly grace_ending_seconds: number;
  readonly notify_interval: number;
  readonly usage_by_user?: string;
  readonly mail_map?: Readonly<Record<string, string>>;
  readonly USE_PYQUOTA: boolean;
  readonly USE_ZFS?: boolean;
  readonly ZFS_DATASETS: readonly string[] | string;
  readonly MASTER_EVENT_CALLBACK_URL?: string;
  readonly MASTER_EVENT_CALLBACK_SECRET?: string;
  readonly SLAVE_HOST_ID?: string;
  readonly SLAVE_EVENT_SECRET?: string;
  readonly MOCK_QUOTA: boolean;
  readonly MOCK_HOST_ID: 'host1' | 'host2' | 'host3' | 'host4';
  readonly SMTP_HOST?: string;
  readonly SMTP_PORT: number;
  readonly SMTP_USER?: string;
  readonly SMTP_PASSWORD?: string;
  readonly SMTP_SECURITY: 'tls' | 'starttls' | 'none';
  readonly NOTIFICATION_FROM?: string;
  readonly NOTIFICATION_OAUTH_ACCESS_TOKEN?: string;
}

export interface RemoteHost {
  readonly id: string;
  readonly url: string;
  readonly api_key: string;
  readonly ca_file?: string;
  readonly verify_ssl?: boolean;
}

export interface ServeSettings {
  readonly listen: string;
  readonly tls_cert?: string;
  readonly tls_key?: string;
}

const DATASET = '^[A-Za-z0-9][A-Za-z0-9_.:/-]*$';

export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['device'],
  properties: {
    device: {
      type: 'string',
      pattern: '^((/[A-Za-z0-9._@+:-]+)+|[A-Za-z0-9][A-Za-z0-9_.:-]*(/[A-Za-z0-9_.:-]+)*)$',
      'x-expected': 'a mount point, a block device, a ZFS dataset or docker',
      examples: ['/srv/data'],
      description: 'What is limited: a mount point such as /srv/data, a block device, a ZFS dataset or docker.',
    },
    subject: {
      enum: ['user', 'group', 'project', 'subvolume'],
      default: 'user',
      description: 'What a resource is: a user, a group, a directory with a project id, or a btrfs subvolume.',
    },
    host_id: {
      ...HOST_ID,
      examples: ['storage1'],
      description: 'First part of every backend id, for as long as accounts live.',
    },
    create_users: {
      type: 'boolean',
      default: true,
      description: 'Whether a bought quota makes the user or group on the host. false limits existing ones.',
    },
    approval: {
      enum: ['none', 'manual'],
      default: 'none',
      description:
        'What an order for an existing user needs that no mapping proves to be the person who ordered. none: it is refused. manual: it waits for `agent quota approve`.',
    },
    user_prefix: {
      type: 'string',
      pattern: '^[a-z_][a-z0-9_-]{0,15}$',
      'x-expected': 'a short name out of a-z, 0-9, "_" and "-"',
      default: 'waldur_',
      description: 'First part of every user, group and directory name.',
    },
    base_dir: { ...PATH, description: 'Directory on the device below which projects and subvolumes are made.' },
    project_ids: {
      type: 'string',
      pattern: '^[0-9]{1,10}-[0-9]{1,10}$',
      'x-expected': 'two numbers such as 100000-199999',
      default: '100000-199999',
      description: 'From which project ids are taken.',
    },
    uid_min: { ...UID, default: 1000, description: 'The lowest id of a person.' },
    uid_max: { ...UID, default: 9999, description: 'The highest. Directory users often have larger ones.' },
    soft_ratio: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'Soft limit over hard one.',
    },
    registry: {
      ...PATH,
      default: '/var/lib/waldur-storage-agent/host-quota',
      description: 'Directory for the file that says which resource owns which limit.',
    },
    remote: REMOTE,
    api_key: { ...SECRET, description: 'Key of the remote API of this host. Without it there is no such API.' },
    api_keys: API_KEYS,
    central: {
      type: 'boolean',
      description:
        'Whether /api is served, over this host and the remote ones. Default: over remote ones, where there are any.',
    },
    user_claim: {
      type: 'string',
      pattern: '^[A-Za-z0-9_.:/-]{1,120}$',
      'x-expected': 'the name of a claim',
      description:
        'The claim of a login that says which user of the hosts a person is. People cannot change it themselves.',
    },
    serve: SERVE,
    tools: {
      type: 'object',
      default: {},
      propertyNames: { pattern: '^[a-z_]+$' },
      additionalProperties: PATH,
      description: 'Absolute paths of programs that are not where they usually are, such as setquota.',
    },
    grace_ending_seconds: {
      type: 'integer',
      minimum: 60,
      maximum: 2_592_000,
      default: 86_400,
      description: 'How long before its end a grace period counts as ending.',
    },
    notify_interval: {
      type: 'integer',
      minimum: 60,
      maximum: 86_400,
      default: 300,
      description: 'Seconds between looks.',
    },
    usage_by_user: {
      type: 'string',
      pattern: '^\\S+( \\S+){4}$',
      'x-expected': 'a cron expression of five fields',
      examples: ['0 3 * * *'],
      description:
        'When every file of groups or directories is looked at to find out who has how much of them. Never without it.',
    },
    mail_map: {
      type: 'object',
      additionalProperties: { type: 'string', pattern: '^[^@\\s<>]+@[^@\\s<>]+$', 'x-expected': 'an e-mail address' },
      description:
        'E-mail address by user name. Without one, that of the login of whoever is that user, else the one in the comment field.',
    },
    USE_PYQUOTA: { type: 'boolean', default: true, description: 'Whether ext4 and XFS are looked at.' },
    USE_ZFS: { type: 'boolean', description: 'Whether ZFS is looked at. Default: when device is a dataset.' },
    ZFS_DATASETS: {
      type: ['array', 'string'],
      default: [],
      items: { type: 'string', pattern: DATASET },
      pattern: `^(${DATASET.slice(1, -1)}( *, *${DATASET.slice(1, -1)})*)?$`,
      'x-expected': 'a list of datasets, or their names with commas in between',
      description: 'Datasets that are looked at, as a list or with commas in between. Default: all that are mounted.',
    },
    ...dockerSchema,
    MOCK_QUOTA: { type: 'boolean', default: false, description: 'Made-up data in memory, for trying things.' },
    MOCK_HOST_ID: { enum: ['host1', 'host2', 'host3', 'host4'], default: 'host1' },
    ...NOTIFICATIONS,
    ...IGNORED_SETTINGS,
  },
};

/** Names are names of users: useradd(8). */
export function naming({ user_prefix }: Settings): NamingRules {
  return { prefix: user_prefix, separator: '_', filler: '_', maxLength: 32 };
}

export function problems(settings: Settings, _common: CommonSettings): readonly SettingProblem[] {
  const { subject, base_dir, create_users, approval, uid_min, uid_max, serve, project_ids } = settings;
  const found: SettingProblem[] = [];
  if (hostIdOf(settings) === undefined) {
    found.push({
      setting: 'host_id',
      message: '"host_id" is missing: a host that is renamed would not find its accounts',
    });
  }
  if ((subject === 'project' || subject === 'subvolume') && base_dir === undefined) {
    found.push({ setting: 'base_dir', message: `subject ${subject} needs "base_dir"` });
  }
  if (!create_users && subject === 'group' && approval !== 'manual') {
    const message = 'an order could limit the group of other people';
    found.push({ setting: 'approval', message, hint: 'set approval: manual, or create_users: true' });
  }
  if (!create_users && subject === 'user' && approval !== 'manual' && !isCentral(settings)) {
    const message = 'an order could limit the account of another person';
    const hint = 'set approval: manual, create_users: true, or central: true, where people ask for mappings';
    found.push({ setting: 'approval', message, hint });
  }
  if (settings.usage_by_user !== undefined && subject === 'user') {
    found.push({ setting: 'usage_by_user', message: 'an account is one user here', hint: 'remove it' });
  }
  found.push(...backendProblems(settings), ...dockerProblems(settings));
  if (uid_min > uid_max) found.push({ setting: 'uid_min', message: '"uid_min" is above "uid_max"' });
  if (parseRange(project_ids) === undefined) {
    found.push({ setting: 'project_ids', message: 'the range ends before it begins' });
  }
  if (serve !== undefined && settings.api_key === undefined && settings.api_keys.length === 0) {
    found.push({ setting: 'api_key', message: 'the remote API must not be open to everyone', hint: 'set api_key' });
  }
  if (serve !== undefined && (serve.tls_cert === undefined) !== (serve.tls_key === undefined)) {
    found.push({ setting: 'serve', message: '"tls_cert" and "tls_key" belong together' });
  }
  if (settings.SMTP_HOST !== undefined && settings.NOTIFICATION_FROM === undefined) {
    found.push({ setting: 'NOTIFICATION_FROM', message: 'mail needs a sender' });
  }
  return found;
}

/** The APIs are of the host and of all hosts, whatever an offering sells of them: one offering serves each. */
export function claims(settings: Settings): readonly Claim[] {
  const { api_key, serve, remote } = settings;
  const found: Claim[] = [];
  if (api_key !== undefined) {
    const hint = 'set api_key in one of them: its API has every device of the host';
    found.push({ setting: 'api_key', kind: 'routes', value: '/remote-api', hint });
  }
  if (isCentral(settings)) {
    const setting = remote.length > 0 ? 'remote' : 'central';
    found.push({ setting, kind: 'routes', value: '/api', hint: 'set central: false in one of them' });
  }
  if (serve !== undefined && !serve.listen.startsWith('unix:')) {
    found.push({ setting: 'serve', kind: 'listen-address', value: serve.listen });
  }
  return found;
}

/** What is sold must be on a kind of file system that is looked at. Made-up data has every kind. */
function backendProblems(settings: Settings): readonly SettingProblem[] {
  const { device, subject, USE_PYQUOTA, MOCK_QUOTA } = settings;
  if (MOCK_QUOTA || subject === 'subvolume' || device === DOCKER) return [];
  if (!device.startsWith('/') && !usesZfs(settings)) {
    return [
      { setting: 'USE_ZFS', message: 'the device is a dataset, and ZFS is not looked at', hint: 'remove USE_ZFS' },
    ];
  }
  if (device.startsWith('/') && !USE_PYQUOTA && !usesZfs(settings)) {
    const message = 'the device is a file system, and those are not looked at';
    return [{ setting: 'USE_PYQUOTA', message, hint: 'remove USE_PYQUOTA' }];
  }
  return [];
}

/** The upper-case names are those of other managers. */
export function hostIdOf({ host_id, SLAVE_HOST_ID, MOCK_QUOTA, MOCK_HOST_ID }: Settings): string | undefined {
  return host_id ?? SLAVE_HOST_ID ?? (MOCK_QUOTA ? MOCK_HOST_ID : undefined);
}

/** Empty for all that are mounted. */
export function datasetsOf({ ZFS_DATASETS: datasets }: Settings): readonly string[] {
  return typeof datasets === 'string' ? datasets.split(',').flatMap((name) => name.trim() || []) : datasets;
}

/** Whether `/api` is served: where other hosts are asked, or where the operator wants it. */
export function isCentral({ central, remote }: Settings): boolean {
  return central ?? remote.length > 0;
}

/** Datasets have no leading slash. */
export function usesZfs({ USE_ZFS, device }: Settings): boolean {
  return USE_ZFS ?? (!device.startsWith('/') && device !== DOCKER);
}
