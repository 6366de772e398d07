import { plural } from '../../../src/lib/plural.ts';
import { formatBytes } from '../../../src/lib/units.ts';
import { attemptCheck, type Finding } from '../../../src/plugin/attempt-check.ts';
import type { Check } from '../../../src/plugin/contract.ts';
import type { Run } from '../tools/run.ts';
import { CLIENT_KEY, SOCKET_KEY } from './audit/join.ts';
import type { Docker } from './docker.ts';
import { planPass } from './enforcement/enforce.ts';
import { sumOf } from './ownership/usage.ts';

/** Looks at the engine, at what has no owner, at auditd and its rules, and at what enforcement would do; changes nothing. */
export async function checkDocker(docker: Docker, run: Run, signal: AbortSignal): Promise<readonly Check[]> {
  return [
    await attemptCheck('docker', signal, () => engine(docker, signal)),
    await attemptCheck('docker owners', signal, () => owners(docker, signal)),
    await attemptCheck('docker audit', signal, () => audit(docker, run, signal)),
    await attemptCheck('docker enforcement', signal, () => enforcement(docker, signal)),
  ];
}

async function engine({ engine: one }: Docker, signal: AbortSignal): Promise<Finding> {
  const { version, driver, store } = await one.info(signal);
  const detail = `Docker ${version}, ${driver}`;
  if (store === 'graph') return { status: 'ok', detail };
  return {
    status: 'warning',
    detail: `${detail}, images in the containerd store`,
    hint: 'Its compressed copies of layers are counted for no user.',
  };
}

async function owners(docker: Docker, signal: AbortSignal): Promise<Finding> {
  const { usage, items } = await docker.view(signal, true);
  const waiting = items.filter(({ attribution }) => attribution.conflict !== undefined).length;
  const unknown = items.filter(({ bytes }) => bytes === undefined).length;
  const detail = [
    `${formatBytes(usage.used)} in all, ${formatBytes(sumOf(usage.unattributed))} of no user that can be told`,
    ...(unknown > 0 ? [`${unknown} of unknown size`] : []),
  ].join(', ');
  if (waiting === 0) return { status: 'ok', detail };
  return {
    status: 'warning',
    detail: `${detail}; ${waiting} to review`,
    hint: 'Run `agent quota docker review`: what waits there counts for no limit.',
  };
}

const RULES_HINT =
  'Copy config/docker-quota.rules of the package to /etc/audit/rules.d/ and run `augenrules --load`. Without it only labels say whose something is.';

async function audit(docker: Docker, run: Run, signal: AbortSignal): Promise<Finding> {
  const { isThere, clients } = await docker.audit.recent(docker.now(), signal);
  if (!isThere)
    return { status: 'warning', detail: `${docker.settings.auditLog} is not there, or empty`, hint: RULES_HINT };
  const { code, stdout } = await run('auditctl', ['-l'], signal);
  const uses = `${plural(clients.length, 'use')} of Docker clients in the last 90 minutes`;
  // Listing the rules needs CAP_AUDIT_CONTROL, which reading the log does not.
  if (code !== 0) return { status: 'ok', detail: `${uses}; the rules cannot be listed` };
  const missing = [CLIENT_KEY, SOCKET_KEY].filter((key) => !stdout.includes(key));
  if (missing.length > 0) {
    return { status: 'warning', detail: `no audit rule has the key ${missing.join(' or ')}`, hint: RULES_HINT };
  }
  return { status: 'ok', detail: uses };
}

async function enforcement(docker: Docker, signal: AbortSignal): Promise<Finding> {
  const plans = await planPass(docker, signal);
  const over = plans.filter(({ excess }) => excess > 0n).length;
  return { status: 'ok', detail: `mode ${docker.settings.mode}; ${over} of ${plural(plans.length, 'limit')} exceeded` };
}
