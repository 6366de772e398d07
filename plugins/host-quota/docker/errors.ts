import { AgentError } from '../../../src/lib/errors.ts';

const LONGEST_EXCERPT = 300;

export function auditUnreadable(path: string, cause: unknown): AgentError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it cannot be read';
  return new AgentError(`the audit log ${path} cannot be read: ${why}`, {
    code: 'HOST_QUOTA_AUDIT',
    disposition: 'operator',
    hint: 'Let the agent run as root, or name the log in docker.audit_log.',
  });
}

export function engineDown(socket: string, cause: unknown): AgentError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const isOperator = why === 'EACCES' || why === 'EPERM';
  return new AgentError(`the Docker engine at ${socket} does not answer: ${why}`, {
    code: 'HOST_QUOTA_DOCKER_DOWN',
    disposition: isOperator ? 'operator' : 'transient',
    hint: isOperator
      ? 'The agent must be root or in the group docker.'
      : 'Is it running (`systemctl status docker`), and is docker.socket its socket?',
    cause,
  });
}

/** `status` is what the engine answered. */
export function engineRefused(what: string, status: number, text: string): AgentError {
  return new AgentError(`the Docker engine refused to ${what}: ${status} ${text.slice(0, LONGEST_EXCERPT)}`, {
    code: 'HOST_QUOTA_DOCKER_REFUSED',
    disposition: status >= 500 ? 'transient' : 'terminal',
    status,
  });
}

export function engineUnreadable(what: string, why: string): AgentError {
  return new AgentError(`what the Docker engine says about ${what} cannot be read: ${why}`, {
    code: 'HOST_QUOTA_UNPARSEABLE',
    disposition: 'bug',
  });
}

export function engineTooOld(version: string): AgentError {
  return new AgentError(`the Docker engine speaks API ${version}, which is too old`, {
    code: 'HOST_QUOTA_DOCKER_OLD',
    disposition: 'operator',
    hint: 'Install Docker 20.10 (API 1.41) or newer.',
  });
}

export function noSuchObject(kind: string, id: string): AgentError {
  return new AgentError(`There is no ${kind} ${JSON.stringify(id.slice(0, 80))} in the Docker engine.`, {
    code: 'HOST_QUOTA_DOCKER_NOT_FOUND',
    disposition: 'terminal',
    status: 404,
  });
}

export function passRunning(): AgentError {
  return new AgentError('another process enforces the limits of Docker right now', {
    code: 'HOST_QUOTA_DOCKER_BUSY',
    disposition: 'transient',
    hint: 'Wait until it has finished; it gives way after ten minutes at most.',
  });
}

export function dockerOff(): AgentError {
  return new AgentError('Docker is not among the devices of this offering', {
    code: 'HOST_QUOTA_DOCKER_OFF',
    disposition: 'operator',
    hint: 'Set USE_DOCKER_QUOTA: true, or device: docker.',
  });
}
