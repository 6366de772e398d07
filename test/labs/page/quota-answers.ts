import type {
  Aggregate,
  DeviceShape,
  LimitsShape,
  MappingShape,
  NotificationShape,
  PingShape,
  QuotaShape,
  ReviewShape,
} from '../../../src/web/page/quota/shapes.ts';
import { AT } from './answers.ts';

/** Answers of host-quota for pictures: the same at every run. */

const epoch = Date.parse(AT) / 1000;
const MIB = 1024;
const NAMES = ['alice', 'bob', 'charlie', 'diana', 'eve', 'frank'];

function quota(index: number, values: Partial<QuotaShape> = {}): QuotaShape {
  const hard = 500 * MIB;
  const share = [0.9, 0.3, 1, 0.05, 0.6, 0][index % 6] ?? 0;
  return {
    uid: 1000 + index,
    name: `${NAMES[index % 6]}${index < 6 ? '' : index}`,
    block_hard_limit: index % 6 === 3 ? 0 : hard,
    block_soft_limit: index % 6 === 3 ? 0 : 400 * MIB,
    block_current: share * hard * 1024,
    inode_hard_limit: 100_000,
    inode_soft_limit: 80_000,
    inode_current: 1000 * (1 + index) + (index === 0 ? 84_000 : 0),
    block_time_limit: index % 6 === 0 ? epoch + 5 * 86_400 : index % 6 === 2 ? epoch - 2 * 86_400 : 0,
    inode_time_limit: index === 0 ? epoch + 3 * 86_400 : 0,
    ...values,
  };
}

const disk: DeviceShape = {
  name: '/dev/sda1',
  mount_points: ['/srv/data'],
  fstype: 'ext4',
  usage: { free: 40e9, total: 100e9, used: 60e9, percent: 60 },
  user_quota_format: 'vfsv1',
  user_quotas: Array.from({ length: 30 }, (_, index) => quota(index)),
};

const docker: DeviceShape = {
  name: 'docker',
  mount_points: ['/var/lib/docker'],
  fstype: 'docker',
  usage: { free: 10 * 1024 ** 3, total: 32 * 1024 ** 3, used: 22 * 1024 ** 3, percent: 68.75 },
  user_quota_format: 'docker',
  unattributed_usage: 2 * 1024 ** 3,
  user_quotas: [
    quota(0, {
      block_hard_limit: 10 * 1024 * MIB,
      block_soft_limit: 10 * 1024 * MIB,
      block_current: 11 * 1024 ** 3,
      block_time_limit: 0,
      docker_container_bytes: 7 * 1024 ** 3,
      docker_image_layer_bytes: 3 * 1024 ** 3,
      docker_volume_bytes: 1024 ** 3,
    }),
  ],
};

const of = (device: DeviceShape): DeviceShape => ({ ...device, user_quotas: device.user_quotas?.slice(0, 1) ?? [] });

export const mine: Aggregate<readonly DeviceShape[]> = {
  'host1|alice': { results: [of(disk)] },
  'host4|alice': { results: [of(docker)] },
  'host9|alice': { error: { msg: 'the host does not answer' } },
};

export const hosts = [{ id: 'host1' }, { id: 'host4' }, { id: 'host9' }];
export const devices: Readonly<Record<string, readonly DeviceShape[]>> = { host1: [disk], host4: [docker] };
export const DEAD = { msg: 'GET quotas failed: connect ECONNREFUSED 192.0.2.9:8436' };

export const ping: PingShape = {
  host1: { status: 'ok', latency_ms: 12 },
  host4: { status: 'ok', latency_ms: 31 },
  host9: { status: 'error', error: 'timeout' },
};

export const defaults: LimitsShape = {
  block_hard_limit: 10 * 1024 * MIB,
  block_soft_limit: 8 * 1024 * MIB,
  inode_hard_limit: 0,
  inode_soft_limit: 0,
};

export const mappings: readonly MappingShape[] = [
  { oauth_user_name: 'alice', host_id: 'host1', host_user_name: 'alice', state: 'approved', proof: 'administrator' },
  { oauth_user_name: 'bob', host_id: 'host1', host_user_name: 'bob', state: 'waiting' },
  { oauth_user_name: 'eve', host_id: 'host4', host_user_name: 'root', state: 'rejected' },
];

export const notifications: readonly NotificationShape[] = [
  'disk_soft_limit_exceeded',
  'disk_hard_limit_reached',
  'docker_container_stopped',
  'disk_back_to_ok',
].map((type, index) => ({
  id: `n${index}`,
  at: new Date(Date.parse(AT) - index * 7_200_000).toISOString(),
  host_id: index === 2 ? 'host4' : 'host1',
  host_user_name: NAMES[index] ?? '',
  event_type: type,
  detail: { device_name: index === 2 ? 'docker' : '/dev/sda1' },
}));

export const review: Aggregate<readonly ReviewShape[]> = {
  host1: { error: { msg: 'Docker is not enabled on this host' } },
  host4: {
    results: [
      {
        kind: 'container',
        id: 'a1b2c3d4e5f60718',
        name: 'trainer',
        size_bytes: 3 * 1024 ** 3,
        host_user_name: 'bob',
        attribution: 'label',
        label: 'qman.user=bob',
        conflict: 'the audit log says that alice created it',
        evidence: { event: 'create', at: epoch - 3600, uid: 1000, text: 'docker run --label qman.user=bob busybox' },
        reason: 'The label contradicts the audit log.',
      },
    ],
  },
};
