import { plural } from '../../src/lib/plural.ts';
import { formatBytes } from '../../src/lib/units.ts';
import { attemptCheck, type Finding } from '../../src/plugin/attempt-check.ts';
import type { Check } from '../../src/plugin/contract.ts';
import type { Deps } from './deps.ts';
import { eachDevice } from './devices/each-device.ts';
import { checkDocker } from './docker/check.ts';
import { firstLine } from './tools/first-line.ts';

/** Looks at the device, whether limits bind there, the tools and the other hosts; changes nothing. */
export async function check(deps: Deps, signal: AbortSignal): Promise<readonly Check[]> {
  const { sites, settings } = deps;
  const remote = sites.slice(1);
  const checks: Check[] = [];
  for (const [name, look] of [
    ['device', device],
    ['enforcement', enforcement],
    ['other devices', others],
    ['report', report],
    ['tools', tools],
    ['registry', registry],
  ] as const) {
    checks.push(await attemptCheck(name, signal, () => look(deps, signal)));
    if (name === 'device' && checks[0]?.status === 'failed') break;
  }
  if (deps.docker !== undefined) checks.push(...(await checkDocker(deps.docker, deps.run, signal)));
  for (const site of remote) {
    checks.push(
      await attemptCheck(`host ${site.id}`, signal, async () => {
        const { name } = await site.device(signal);
        return { status: 'ok', detail: `answers, and has ${name}` };
      }),
    );
  }
  if (settings.MOCK_QUOTA) checks.push({ name: 'mock', status: 'warning', detail: 'the data is made up' });
  return checks;
}

async function device({ devices, settings }: Deps, signal: AbortSignal): Promise<Finding> {
  const found = await devices.find(settings.device, signal);
  const { total, free } = await devices.space(found, signal);
  const where = found.mountPoints.join(', ');
  return {
    status: 'ok',
    detail: `${found.name}, ${found.fstype} at ${where}: ${formatBytes(free)} of ${formatBytes(total)} free`,
  };
}

async function enforcement({ devices, settings }: Deps, signal: AbortSignal): Promise<Finding> {
  const found = await devices.find(settings.device, signal);
  const { state, detail, hint } = await devices.look(found, settings.subject, signal);
  const status = state === 'on' ? 'ok' : state === 'off' ? 'failed' : 'warning';
  return { status, detail, ...(hint !== undefined && { hint }) };
}

const LOOK_MS = 60_000;

/** Limits on devices that this offering does not sell. */
async function others({ devices, settings, clock }: Deps, signal: AbortSignal): Promise<Finding> {
  const own = await devices.find(settings.device, signal);
  const off: string[] = [];
  let limits = 0;
  const { lost } = await eachDevice({ devices, clock }, LOOK_MS, signal, async (device, inner) => {
    if (device.name === own.name) return;
    for (const subject of device.subjects) {
      limits++;
      const { state, detail } = await devices.look(device, subject, inner);
      if (state === 'off') off.push(`${device.name}, ${subject}: ${detail}`);
    }
  });
  if (lost.length > 0) {
    const detail = [...lost.map(({ name, error }) => `${name}: ${error.message}`), ...off].join('; ');
    return { status: 'warning', detail, ...(lost[0]?.error.hint !== undefined && { hint: lost[0].error.hint }) };
  }
  if (off.length > 0) return { status: 'warning', detail: off.join('; '), hint: 'Those limits do not bind.' };
  return { status: 'ok', detail: limits === 0 ? 'none with quotas' : 'limits are enforced' };
}

async function report({ sites: [local], settings }: Deps, signal: AbortSignal): Promise<Finding> {
  const { rows = [], unreadable = [] } = (await local?.rows(settings.subject, signal)) ?? {};
  const detail = `${rows.length} ids with limits or files`;
  if (unreadable.length === 0) return { status: 'ok', detail };
  return { status: 'warning', detail: `${detail}, ${unreadable.length} that cannot be read` };
}

/** The report is read as CSV, which quota-tools print since 4.02; XFS was repaired in 4.06. */
async function tools({ run, devices, settings }: Deps, signal: AbortSignal): Promise<Finding> {
  const { fstype } = await devices.find(settings.device, signal);
  if (fstype !== 'ext4' && fstype !== 'xfs') return { status: 'ok', detail: `the tools of ${fstype}` };
  const { stdout, stderr } = await run('setquota', ['--version'], signal);
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (major === undefined)
    return { status: 'warning', detail: `setquota says no version: ${firstLine(stdout || stderr)}` };
  const version = Number(major) * 100 + Number(minor);
  const detail = `quota-tools ${major}.${minor}`;
  if (version < 402) return { status: 'failed', detail, hint: 'Install 4.02 or newer: older ones print no CSV.' };
  if (version < 406 && fstype === 'xfs') return { status: 'warning', detail, hint: 'Install 4.06 or newer for XFS.' };
  return { status: 'ok', detail };
}

async function registry({ registry: records, settings }: Deps): Promise<Finding> {
  return { status: 'ok', detail: `${plural((await records.all()).length, 'account')} in ${settings.registry}` };
}
