import type { JsonSchema, SettingProblem } from '../../../src/plugin/contract.ts';
import { PATH } from '../settings-parts.ts';
import type { Mode, Order, PlanRules } from './enforcement/plan.ts';

/** What the configuration says about Docker: lower-case keys in `docker`, or the upper-case names of other managers. */
export interface DockerOptions {
  readonly device: string;
  readonly docker?: {
    readonly mode?: Mode;
    readonly socket?: string;
    readonly order?: Order;
    readonly interval?: number;
    readonly sync_interval?: number;
    readonly grace?: number;
    readonly exempt_label?: string;
    readonly trust_label?: boolean;
    readonly audit_log?: string;
  };
  readonly USE_DOCKER_QUOTA?: boolean;
  readonly DOCKER_DATA_ROOT?: string;
  readonly DOCKER_QUOTA_RESERVED_BYTES?: number;
  readonly DOCKER_QUOTA_ENFORCEMENT_ORDER?: Order;
  readonly DOCKER_QUOTA_ENFORCE_INTERVAL_SECONDS?: number;
  readonly DOCKER_QUOTA_AUTO_STOP_CONTAINERS?: boolean;
}

export interface DockerSettings extends PlanRules {
  readonly socket: string;
  readonly intervalSeconds: number;
  readonly syncSeconds: number;
  readonly trustLabel: boolean;
  readonly auditLog: string;
  /** Where the engine keeps its data, as far as the configuration says. */
  readonly dataRoot: string | undefined;
  readonly reservedBytes: bigint | undefined;
}

/** The name of the device. */
export const DOCKER = 'docker';

export function usesDocker({ USE_DOCKER_QUOTA, device }: DockerOptions): boolean {
  return USE_DOCKER_QUOTA ?? device === DOCKER;
}

/** With the defaults; an upper-case name goes before its lower-case one. */
export function dockerSettings(options: DockerOptions): DockerSettings {
  const { docker = {}, DOCKER_QUOTA_RESERVED_BYTES: reserved } = options;
  const switched = options.DOCKER_QUOTA_AUTO_STOP_CONTAINERS === true ? 'stop' : 'monitor';
  return {
    mode: docker.mode ?? switched,
    order: options.DOCKER_QUOTA_ENFORCEMENT_ORDER ?? docker.order ?? 'newest_first',
    graceSeconds: docker.grace ?? 86_400,
    exemptLabel: docker.exempt_label ?? 'qman.exempt',
    socket: docker.socket ?? '/run/docker.sock',
    intervalSeconds: options.DOCKER_QUOTA_ENFORCE_INTERVAL_SECONDS ?? docker.interval ?? 300,
    syncSeconds: docker.sync_interval ?? 120,
    trustLabel: docker.trust_label ?? true,
    auditLog: docker.audit_log ?? '/var/log/audit/audit.log',
    dataRoot: options.DOCKER_DATA_ROOT,
    reservedBytes: reserved === undefined || reserved === 0 ? undefined : BigInt(reserved),
  };
}

export function dockerProblems(options: DockerOptions & { readonly subject: string }): readonly SettingProblem[] {
  if (options.device !== DOCKER) return [];
  return [
    ...(options.subject === 'user' ? [] : [{ setting: 'subject', message: 'Docker has limits of users only' }]),
    ...(usesDocker(options)
      ? []
      : [{ setting: 'USE_DOCKER_QUOTA', message: 'the device is docker', hint: 'remove it' }]),
  ];
}

const SECONDS: JsonSchema = { type: 'integer', minimum: 60, maximum: 86_400 };
const ORDER: JsonSchema = { enum: ['newest_first', 'oldest_first', 'largest_first'] };

/** Defaults are those of `dockerSettings`: a key that is not set leaves room for its upper-case name. */
export const dockerSchema: Readonly<Record<string, JsonSchema>> = {
  docker: {
    type: 'object',
    additionalProperties: false,
    description: 'What counts and what is done about users of Docker who exceed their limit.',
    properties: {
      mode: {
        enum: ['monitor', 'stop', 'remove'],
        description:
          'Whether containers of users above their limit are left alone, stopped or removed. Default: monitor.',
      },
      socket: { ...PATH, description: 'Socket of the engine. Default: /run/docker.sock.' },
      order: { ...ORDER, description: 'Which containers go first. Default: newest_first.' },
      interval: { ...SECONDS, description: 'Seconds between two passes of enforcement. Default: 300.' },
      sync_interval: { ...SECONDS, description: 'Seconds between two looks at who made what. Default: 120.' },
      grace: {
        type: 'integer',
        minimum: 0,
        maximum: 2_592_000,
        description: 'Seconds between the notice to a user and the first removal. Default: 86400.',
      },
      exempt_label: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$',
        'x-expected': 'the name of a label',
        description: 'Containers with this label are never touched. Default: qman.exempt.',
      },
      trust_label: {
        type: 'boolean',
        description: 'false: where the audit log contradicts the label qman.user, the log decides. Default: true.',
      },
      audit_log: { ...PATH, description: 'Log of auditd. Default: /var/log/audit/audit.log.' },
    },
  },
  USE_DOCKER_QUOTA: { type: 'boolean', description: 'Whether Docker is looked at. Default: when device is docker.' },
  DOCKER_DATA_ROOT: { ...PATH, description: 'Where the engine keeps its data. Default: as the engine says.' },
  DOCKER_QUOTA_RESERVED_BYTES: {
    type: 'integer',
    minimum: 0,
    maximum: 9_007_199_254_740_991,
    description: 'Room for Docker in bytes. Default: what is sold and what belongs to no user.',
  },
  DOCKER_QUOTA_ENFORCEMENT_ORDER: { ...ORDER, description: 'Another word for docker.order.' },
  DOCKER_QUOTA_ENFORCE_INTERVAL_SECONDS: { ...SECONDS, description: 'Another word for docker.interval.' },
  DOCKER_QUOTA_AUTO_STOP_CONTAINERS: { type: 'boolean', description: 'true is docker.mode: stop.' },
};
