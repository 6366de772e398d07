import { formatBytes } from '../../../src/lib/units.ts';
import type { CommandCall } from '../../../src/plugin/contract.ts';
import type { Docker } from '../docker/docker.ts';
import { enforcePass, planPass } from '../docker/enforcement/enforce.ts';
import type { UserPlan } from '../docker/enforcement/plan.ts';
import { dockerOff } from '../docker/errors.ts';
import { formatParts, formatPlan, formatReview, formatUsers } from '../docker/format.ts';
import { namesIn } from '../docker/names-in.ts';
import { findObject, removeOverride, setOverride } from '../docker/override.ts';
import { reviewQueue } from '../docker/ownership/review.ts';
import type { ObjectKind } from '../docker/ownership/types.ts';
import { sumOf } from '../docker/ownership/usage.ts';
import { badWho, unknownUser } from '../errors.ts';
import { nameOfId } from '../host/name-of-id.ts';
import type { Settings } from '../settings.ts';
import { readId } from '../tools/parsed.ts';
import { showBlocks } from './amount.ts';
import { isAgreed } from './change.ts';
import { withHost } from './open.ts';
import { writeJson, writeTable } from './table.ts';

type Call = CommandCall<Settings>;
type Action = (call: Call, docker: Docker) => Promise<number>;

/** `agent quota docker ACTION`. */
export function docker(call: Call): Promise<number> {
  const action = ACTIONS[call.positionals[0] ?? ''];
  return withHost(call, async ({ deps }) => {
    if (deps.docker === undefined) throw dockerOff();
    return action === undefined ? 64 : action(call, deps.docker);
  });
}

const ACTIONS: Readonly<Record<string, Action>> = { usage, review, attribute, plan, enforce };

async function usage(call: Call, one: Docker): Promise<number> {
  const view = await one.view(call.signal, true);
  const [nameOf, limits, other] = [await namesIn(one, view, call.signal), await one.limits(), await one.other(view)];
  const { users, unattributed } = view.usage;
  if (call.flags.has('json')) {
    const rest = { unattributed: formatParts(unattributed), other_bytes: other === undefined ? null : Number(other) };
    writeJson(call.stdout, { users: formatUsers(view, limits, nameOf), ...rest });
    return 0;
  }
  const uids = [...new Set([...users.keys(), ...limits.keys()])].sort((a, b) => a - b);
  const rows = uids.map((uid) => {
    const { total = 0n, containers = 0n, layers = 0n, volumes = 0n, unknown = [] } = users.get(uid) ?? {};
    const used = unknown.length === 0 ? formatBytes(total) : `more than ${formatBytes(total)}`;
    return [nameOf(uid), showBlocks(limits.get(uid) ?? 0n), used, ...[containers, layers, volumes].map(formatBytes)];
  });
  const { containers, layers, volumes } = unattributed;
  const none = [
    'Unattributed (no qman.user)',
    '',
    ...[sumOf(unattributed), containers, layers, volumes].map(formatBytes),
  ];
  const rest =
    other === undefined ? [] : [['Other (logs, build cache, other files)', '', formatBytes(other), '', '', '']];
  writeTable(call.stdout, [['USER', 'LIMIT', 'USED', 'CONTAINERS', 'IMAGES', 'VOLUMES'], ...rows, none, ...rest]);
  return 0;
}

async function review(call: Call, one: Docker): Promise<number> {
  const view = await one.view(call.signal, true);
  const nameOf = await namesIn(one, view, call.signal);
  const queue = reviewQueue(view.items, (await one.recentUses(call.signal)).sockets);
  if (call.flags.has('json')) {
    writeJson(
      call.stdout,
      queue.map((entry) => formatReview(entry, nameOf)),
    );
    return 0;
  }
  const rows = queue.map(({ item, reason, nearby }) => {
    const { label = '', evidence } = item.attribution;
    const log = evidence === undefined ? '' : `${nameOf(evidence.uid)}: ${evidence.text} (${evidence.event})`;
    const near = [...new Set(nearby.map(({ uid, exe }) => `${nameOf(uid)} used ${exe}`))].join(', ');
    const object = `${item.kind === 'layer' ? 'image' : item.kind}:${item.name}`;
    const size = item.bytes === undefined ? 'unknown' : formatBytes(item.bytes);
    return [object, size, reason.replaceAll('-', ' '), label, log || near];
  });
  writeTable(call.stdout, [['OBJECT', 'SIZE', 'REASON', 'LABEL', 'AUDIT LOG'], ...rows]);
  return 0;
}

async function attribute(call: Call, one: Docker): Promise<number> {
  const [, text = '', who = ''] = call.positionals;
  const [, kind, name] = /^(container|image|volume):(.+)$/.exec(text) ?? [];
  const forgets = call.flags.has('forget');
  if (kind === undefined || name === undefined || forgets === (who !== '')) {
    call.stderr.write('Write: agent quota docker attribute container:NAME USER, or container:NAME --forget\n');
    return 64;
  }
  const target = findObject(await one.view(call.signal), kind as ObjectKind, name);
  if (forgets) await removeOverride(one, target);
  else {
    const uid = readId(who) ?? (await one.names.user(who, call.signal))?.uid;
    if (uid === undefined) throw unknownUser(who);
    if (!one.isPerson(uid)) throw badWho(who);
    await setOverride(one, target, uid, 'command line');
  }
  if (call.flags.has('json')) writeJson(call.stdout, { ...target, user: forgets ? null : who });
  else
    call.stdout.write(
      forgets ? 'Label and audit log decide again.\n' : `${kind} ${target.id.slice(0, 12)} counts for ${who}.\n`,
    );
  return 0;
}

async function plan(call: Call, one: Docker): Promise<number> {
  await print(call, one, await planPass(one, call.signal));
  return 0;
}

async function enforce(call: Call, one: Docker): Promise<number> {
  const plans = await planPass(one, call.signal);
  if (!call.flags.has('json')) await print(call, one, plans);
  const steps = plans.flatMap(({ verdict, steps: all }) => (verdict === 'act' ? all : []));
  if (steps.length > 0 && !(await isAgreed(call, `Do this to ${steps.length} containers now?`))) return 1;
  const line = await enforcePass(one, call.signal);
  if (call.flags.has('json')) writeJson(call.stdout, { done: line ?? null });
  else call.stdout.write(`${line ?? 'No user is above the limit'}.\n`);
  return 0;
}

async function print(call: Call, one: Docker, plans: readonly UserPlan[]): Promise<void> {
  const names = await one.names.userNames(
    plans.map(({ uid }) => uid),
    call.signal,
  );
  const nameOf = (uid: number): string => nameOfId(names, uid);
  if (call.flags.has('json')) {
    writeJson(
      call.stdout,
      plans.map((one) => formatPlan(one, nameOf)),
    );
    return;
  }
  const rows = plans.flatMap(({ uid, used, limitKib, verdict, why, removalAfter, steps }) => {
    const from =
      verdict === 'in-grace' && removalAfter !== undefined ? `from ${new Date(removalAfter * 1000).toISOString()}` : '';
    const first = [nameOf(uid), formatBytes(used), showBlocks(limitKib), verdict, from || why];
    return [
      first,
      ...steps.map((step) => ['', formatBytes(step.bytes), '', step.action, `${step.name} (${step.image})`]),
    ];
  });
  writeTable(call.stdout, [['USER', 'COUNTED', 'LIMIT', 'PLAN', 'WHY'], ...rows]);
}
