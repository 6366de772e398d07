import { AgentError } from '../../src/lib/errors.ts';
import { formatBytes } from '../../src/lib/units.ts';
import { formatLimits } from './devices/format-limits.ts';
import type { Limits } from './devices/types.ts';
import type { Problem } from './tools/parsed.ts';

/** What a person sees of an output that nothing here can read. */
const LONGEST_EXCERPT = 500;

export function badName(what: string, text: string): AgentError {
  return new AgentError(`${JSON.stringify(text.slice(0, 80))} cannot be the name of a ${what}.`, {
    code: 'HOST_QUOTA_BAD_NAME',
    disposition: 'terminal',
    hint: 'Names have letters, digits and a few signs, and never begin with "-".',
  });
}

export function toolMissing(program: string): AgentError {
  return new AgentError(`the program ${program} is not installed`, {
    code: 'HOST_QUOTA_TOOL_MISSING',
    disposition: 'operator',
    hint: 'Install it (quota, xfsprogs, e2fsprogs, zfsutils-linux, btrfs-progs), or name its path in tools.',
  });
}

export function toolFailed(program: string, why: string, hint?: string): AgentError {
  return new AgentError(`${program} failed: ${why.trim().slice(0, LONGEST_EXCERPT)}`, {
    code: 'HOST_QUOTA_TOOL_FAILED',
    disposition: 'operator',
    hint,
  });
}

export function unparseable(program: string, text: string, { line, why }: Problem): AgentError {
  const lines = text.split('\n');
  const excerpt = lines.slice(Math.max(0, line - 2), line + 1).join('\n');
  return new AgentError(`line ${line} of what ${program} printed: ${why}\n${excerpt.slice(0, LONGEST_EXCERPT)}`, {
    code: 'HOST_QUOTA_UNPARSEABLE',
    disposition: 'bug',
  });
}

export function quotaOff(where: string, hint: string): AgentError {
  return new AgentError(`quotas are not on for ${where}`, {
    code: 'HOST_QUOTA_OFF',
    disposition: 'operator',
    hint,
  });
}

export function unknownDevice(name: string): AgentError {
  return new AgentError(`There is no device ${JSON.stringify(name.slice(0, 80))} with quotas on this host.`, {
    code: 'HOST_QUOTA_NO_DEVICE',
    disposition: 'terminal',
    hint: 'Is it mounted, and with quota options? `agent quota devices` lists those that are.',
  });
}

export function unsupported(device: string, what: string): AgentError {
  return new AgentError(`${device} has no ${what}.`, { code: 'HOST_QUOTA_UNSUPPORTED', disposition: 'terminal' });
}

export function unknownUser(name: string): AgentError {
  return new AgentError(`There is no user ${JSON.stringify(name.slice(0, 80))} on the host.`, {
    code: 'HOST_QUOTA_NO_USER',
    disposition: 'terminal',
    hint: 'The name must be one that `getent` finds on the storage host.',
  });
}

export function badLimit(why: string): AgentError {
  return new AgentError(`The limits cannot be set: ${why}.`, { code: 'HOST_QUOTA_BAD_LIMIT', disposition: 'terminal' });
}

/** A tool said yes and the kernel did something else. */
export function notKept(where: string, wanted: string, found: string): AgentError {
  return new AgentError(`the limits of ${where} were set to ${wanted}, and the file system has ${found}`, {
    code: 'HOST_QUOTA_NOT_KEPT',
    disposition: 'operator',
    hint: 'Are quotas on for this mount? `agent doctor` says which part is off.',
  });
}

export function registryDamaged(path: string, why: string): AgentError {
  return new AgentError(`${path} cannot be used: ${why}`, {
    code: 'HOST_QUOTA_REGISTRY_DAMAGED',
    disposition: 'operator',
    hint: 'Restore it from a backup, or move it away: stamps and backend ids are read instead.',
  });
}

export function unreadableId(what: string): AgentError {
  return new AgentError(`what the tools print about ${what} cannot be read`, {
    code: 'HOST_QUOTA_UNREADABLE',
    disposition: 'transient',
  });
}

export function noIdLeft(from: number, to: number): AgentError {
  return new AgentError(`every id from ${from} to ${to} is taken`, {
    code: 'HOST_QUOTA_NO_ID',
    disposition: 'operator',
    hint: 'Widen project_ids, or uid_min and uid_max. An id is taken while a name, a limit or a file has it.',
  });
}

export function taken(what: string, hint: string): AgentError {
  return new AgentError(`${what} is taken by something this resource does not own.`, {
    code: 'HOST_QUOTA_TAKEN',
    disposition: 'terminal',
    hint,
  });
}

export function notEmpty(what: string, bytes: bigint): AgentError {
  return new AgentError(`${what} still holds data (${formatBytes(bytes)}).`, {
    code: 'HOST_QUOTA_NOT_EMPTY',
    disposition: 'terminal',
    hint: 'Delete the files first, then terminate again.',
  });
}

export function cannotDelete(path: string, code: string): AgentError {
  return new AgentError(`${path} could not be deleted: ${code}`, {
    code: 'HOST_QUOTA_DELETE',
    disposition: 'operator',
    hint: 'on_terminate: purge takes CAP_DAC_OVERRIDE and CAP_FOWNER: see systemd/host-quota.conf.',
  });
}

export function noKeys(account: string): AgentError {
  return new AgentError(`${account} has no access keys: a quota is used with the accounts of the host.`, {
    code: 'HOST_QUOTA_NO_KEYS',
    disposition: 'terminal',
  });
}

export function vanished(account: string): AgentError {
  return new AgentError(`the host knows nothing of ${account}`, {
    code: 'HOST_QUOTA_VANISHED',
    disposition: 'transient',
  });
}

export function busy(program: string, why: string): AgentError {
  return new AgentError(`${program} could not do it now: ${why}`, {
    code: 'HOST_QUOTA_BUSY',
    disposition: 'transient',
  });
}

export function limitsInTheWay(name: string, limits: Limits): AgentError {
  return new AgentError(`${name} has limits already that this agent did not set: ${formatLimits(limits)}.`, {
    code: 'HOST_QUOTA_LIMITED',
    disposition: 'terminal',
    hint: 'Ask the provider to clear them first.',
  });
}

export function unknownHost(host: string): AgentError {
  return new AgentError(`There is no storage host ${JSON.stringify(host.slice(0, 255))} in this offering.`, {
    code: 'HOST_QUOTA_NO_HOST',
    disposition: 'terminal',
    hint: 'It must be host_id, or the id of one of remote.',
  });
}

export function usernameMissing(subject: string): AgentError {
  return new AgentError(`The order names no ${subject} of the host.`, {
    code: 'HOST_QUOTA_NO_USER',
    disposition: 'terminal',
    hint: 'Order again with the attribute username.',
  });
}

export function unproven(user: string, host: string): AgentError {
  return new AgentError(`Nothing proves that ${user} on ${host} is the person who ordered.`, {
    code: 'HOST_QUOTA_UNPROVEN',
    disposition: 'terminal',
    hint: 'Ask for this user under "my mappings", wait until an administrator has approved it, and order again.',
  });
}

export function nothingToConfigure(account: string): AgentError {
  return new AgentError(`Nothing of ${account} but its limits can change later.`, {
    code: 'HOST_QUOTA_UNSUPPORTED',
    disposition: 'terminal',
  });
}

/** What a host said no to, by its status; undefined leaves it to the classification of HTTP. */
export function hostRefused(host: string, status: number, text: string): AgentError | undefined {
  const isKey = status === 401 || status === 403 || /api key not specified/.test(text);
  if (isKey) {
    return new AgentError(`the host ${host} refuses our key: ${status} ${text}`, {
      code: 'HOST_QUOTA_HOST_KEY',
      disposition: 'operator',
      hint: 'Set api_key of this host in remote to the key in its own configuration.',
      status,
    });
  }
  if (status === 400 || (status === 404 && text !== '')) {
    return new AgentError(`The host ${host} refused it: ${text}`, {
      code: 'HOST_QUOTA_HOST_REFUSED',
      disposition: 'terminal',
      status,
    });
  }
  return undefined;
}

export function badHostAnswer(host: string, why: string): AgentError {
  return new AgentError(`the host ${host} gave an answer that cannot be read: ${why}`, {
    code: 'HOST_QUOTA_HOST_ANSWER',
    disposition: 'transient',
  });
}

export function unavailable(device: string, host: string, why: string): AgentError {
  return new AgentError(
    `the device ${device} of the host ${host} cannot be read now: ${why.slice(0, LONGEST_EXCERPT)}`,
    {
      code: 'HOST_QUOTA_UNAVAILABLE',
      disposition: 'transient',
    },
  );
}

export function cannotListen(address: string, cause: unknown): AgentError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AgentError(`listening on ${address} for the remote API failed: ${why}`, {
    code: 'HOST_QUOTA_LISTEN',
    disposition: 'operator',
    hint: 'Set another address in serve.listen, or stop what uses this one.',
    cause,
  });
}

/** Without the cause: what a mail server says may hold the credentials it was shown. */
export function mailFailed(host: string, cause: unknown): AgentError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code';
  return new AgentError(`mail could not be handed to ${host}: ${code}`, {
    code: 'HOST_QUOTA_MAIL',
    disposition: 'transient',
    hint: 'Check SMTP_HOST, SMTP_PORT, SMTP_SECURITY and the credentials.',
  });
}

export function badWho(text: string): AgentError {
  return new AgentError(`${JSON.stringify(text.slice(0, 80))} names no user or group that has a quota`, {
    code: 'HOST_QUOTA_BAD_NAME',
    disposition: 'terminal',
    hint: 'Write USER, group:NAME or project:ID.',
  });
}

export function badAmount(option: string, text: string): AgentError {
  return new AgentError(`--${option} ${JSON.stringify(text.slice(0, 40))} is not an amount`, {
    code: 'HOST_QUOTA_BAD_LIMIT',
    disposition: 'terminal',
    hint: 'Write 20G, 512M or none for space, and a whole number or none for inodes.',
  });
}
