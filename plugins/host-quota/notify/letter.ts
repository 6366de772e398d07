import { formatBytes } from '../../../src/lib/units.ts';
import type { QuotaEvent } from '../state/event.ts';

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What a person is told about one event of the host `here` or another: the same sentences as text and as HTML. */
export function writeLetter(told: QuotaEvent, here: string): Letter {
  const { event, name, device, detail, at, host = here } = told;
  const { subject, sentence } = WORDS[event];
  const rows = [
    ['User', name],
    ['Host', host],
    ['Device', device],
    ['Space used', bytes(detail['block_current'])],
    ['Soft limit', blocks(detail['block_soft_limit'])],
    ['Hard limit', blocks(detail['block_hard_limit'])],
    ['Files', files(detail['inode_current'], detail['inode_hard_limit'])],
    ['Container', container(detail['container_name'], detail['container_id'])],
    ['Containers are removed from', time(detail['removal_after'])],
    ['Time left until', time(detail['block_time_limit'], detail['inode_time_limit'])],
    ['Reason', typeof detail['why'] === 'string' ? detail['why'] : undefined],
    ['Seen at', new Date(at * 1000).toISOString()],
  ].filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...rows.map(([label]) => label.length));
  const text = [sentence, '', ...rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`), ''].join('\n');
  const cells = rows.map(
    ([label, value]) => `<tr><th align="left">${toHtml(label)}</th><td>${toHtml(value)}</td></tr>`,
  );
  const html = `<!doctype html><p>${toHtml(sentence)}</p><table>${cells.join('')}</table>`;
  return { subject: `${subject}: ${device} on ${host}`, text, html };
}

const WORDS = {
  disk_soft_limit_exceeded: {
    subject: 'Disk quota exceeded',
    sentence:
      'You use more than your soft limit. Delete files before the grace period ends; afterwards nothing more can be written.',
  },
  disk_soft_grace_ending: {
    subject: 'Disk quota: the grace period ends soon',
    sentence:
      'You still use more than your soft limit, and the grace period ends soon. Then nothing more can be written.',
  },
  disk_soft_grace_expired: {
    subject: 'Disk quota: the grace period has ended',
    sentence:
      'You use more than your soft limit and the grace period has ended. Nothing more can be written until you delete files.',
  },
  disk_hard_limit_reached: {
    subject: 'Disk full for you',
    sentence:
      'You have reached your hard limit. Nothing more can be written until you delete files or get a higher limit.',
  },
  disk_back_to_ok: {
    subject: 'Disk quota is fine again',
    sentence: 'You use less than your limits again. There is nothing to do.',
  },
  docker_quota_exceeded: {
    subject: 'Docker quota exceeded',
    sentence:
      'Your containers, images and volumes take more than your limit. Remove what you do not need; otherwise your containers may be stopped or removed, and what they wrote outside of volumes is then lost.',
  },
  docker_quota_unresolvable: {
    subject: 'Docker quota: remove images or volumes',
    sentence:
      'You use more than your limit of Docker, and removing containers would not free enough. Remove images or volumes that you do not need.',
  },
  docker_container_stopped: {
    subject: 'Docker quota: a container was stopped',
    sentence: 'You use more than your limit of Docker, and this container was stopped. What it holds is still there.',
  },
  docker_container_removed: {
    subject: 'Docker quota: a container was removed',
    sentence: 'You used more than your limit of Docker, and this container was removed. Volumes were not touched.',
  },
  device_enforcement_off: {
    subject: 'Disk quotas are not enforced',
    sentence: 'Limits on this device do not bind: everyone can write as much as fits. `agent doctor` says what to do.',
  },
  device_enforcement_on: {
    subject: 'Disk quotas are enforced again',
    sentence: 'Limits on this device bind again. There is nothing to do.',
  },
} as const;

function container(name: unknown, id: unknown): string | undefined {
  return typeof name === 'string' && typeof id === 'string' ? `${name} (${id})` : undefined;
}

function bytes(value: unknown): string | undefined {
  return typeof value === 'number' ? formatBytes(BigInt(value)) : undefined;
}

function blocks(value: unknown): string | undefined {
  return typeof value === 'number' && value > 0 ? formatBytes(BigInt(value) * 1024n) : undefined;
}

function files(used: unknown, limit: unknown): string | undefined {
  if (typeof used !== 'number' || typeof limit !== 'number' || limit === 0) return undefined;
  return `${used} of ${limit}`;
}

function time(...ends: readonly unknown[]): string | undefined {
  const running = ends.filter((end): end is number => typeof end === 'number' && end > 0);
  return running.length === 0 ? undefined : new Date(Math.min(...running) * 1000).toISOString();
}

function toHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
