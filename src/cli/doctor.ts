import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Backend } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Offering, QueueRegistration, User } from '../waldur/types.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  readonly hint?: string | undefined;
  /** What a failure means for the process; `failed` when absent. */
  readonly exit?: ExitCode;
}

/** The effects of an examination. */
export interface DoctorDeps {
  readonly clock: Clock;
  waldur(offering: OfferingConfig): Waldur;
  backend(offering: OfferingConfig): Backend;
  /** Logs in at the broker, subscribes to the queues and leaves. */
  tryBroker(offering: OfferingConfig, queue: QueueRegistration, passcode: string, signal: AbortSignal): Promise<void>;
}

/** Looks at everything one offering depends on; what a failure makes pointless is skipped. Never throws but for the signal. */
export async function* examine(
  offering: OfferingConfig,
  deps: DoctorDeps,
  signal: AbortSignal,
): AsyncIterable<Finding> {
  const waldur = deps.waldur(offering);
  try {
    yield* examineWaldur(offering, waldur, deps, signal);
  } finally {
    waldur.close();
  }
  yield* examineBackend(offering, deps, signal);
}

/** 0 when nothing failed; otherwise the gravest: configuration, refusal, outage, anything else. */
export function doctorExitCode(findings: readonly Finding[]): ExitCode {
  const codes = findings.filter(({ status }) => status === 'failed').map(({ exit }) => exit ?? EXIT.failed);
  const order: readonly ExitCode[] = [EXIT.config, EXIT.refused, EXIT.unavailable, EXIT.bug, EXIT.failed];
  return order.find((code) => codes.includes(code)) ?? EXIT.ok;
}

/** The longest any single look may take. */
const DEADLINE_MS = 30_000;
const TOLERATED_SKEW_MS = 60_000;

async function* examineWaldur(
  offering: OfferingConfig,
  waldur: Waldur,
  deps: DoctorDeps,
  signal: AbortSignal,
): AsyncIterable<Finding> {
  const look = looker(deps, signal);
  const me = await look('Waldur login', (inner) => waldur.me(inner));
  if ('finding' in me) {
    yield me.finding;
    yield* skip(['role', 'offering', 'components', 'broker'], 'Waldur did not let us in');
    return;
  }
  const version = await look('Waldur version', (inner) => waldur.version(inner));
  yield* describeUser(me.value, 'value' in version ? version.value : undefined, waldur, offering);
  const found = await look('offering', (inner) => waldur.offerings.get(offering.uuid, inner));
  if ('finding' in found) {
    yield found.finding;
    yield* skip(['role', 'components', 'broker'], 'the offering could not be read');
    return;
  }
  yield roleFinding(me.value, found.value);
  yield offeringFinding(found.value);
  yield componentsFinding(offering, found.value);
  yield await brokerFinding(offering, waldur, deps, signal);
}

function* describeUser(
  user: User,
  version: string | undefined,
  waldur: Waldur,
  offering: OfferingConfig,
): Iterable<Finding> {
  const server = version === undefined ? '' : `, Waldur ${version}`;
  yield { name: 'Waldur login', status: 'ok', detail: `${user.username} at ${offering.waldur.apiUrl}${server}` };
  if (user.tokenLifetime !== undefined) {
    yield {
      name: 'token',
      status: 'warning',
      detail: `it expires after ${user.tokenLifetime} s without use`,
      hint: 'set an unlimited token lifetime for this user, or use a personal access token',
    };
  }
  const skew = waldur.clockSkewMs() ?? 0;
  if (Math.abs(skew) <= TOLERATED_SKEW_MS) return;
  yield {
    name: 'clock',
    status: 'warning',
    detail: `it differs from Waldur's by ${Math.round(skew / 1000)} s`,
    hint: 'usage near the end of a month would be booked in the wrong one: synchronise the clock',
  };
}

function roleFinding(user: User, offering: Offering): Finding {
  const name = 'role';
  if (user.isStaff) {
    const hint = 'use an owner or manager of the provider organisation in production';
    return { name, status: 'warning', detail: 'staff may do everything, also elsewhere', hint };
  }
  const onCustomer = user.permissions.find(
    ({ scopeType, scope }) => scopeType === 'customer' && scope !== undefined && scope === offering.customer,
  );
  if (onCustomer !== undefined)
    return { name, status: 'ok', detail: `${onCustomer.role} of the provider organisation` };
  if (user.permissions.length === 0 || offering.customer === undefined) {
    return { name, status: 'warning', detail: 'Waldur does not tell the roles of this user' };
  }
  const hint = 'make the user an owner or service provider manager of the organisation the offering belongs to';
  const onOffering = user.permissions.find(({ scope }) => scope === offering.uuid);
  const detail =
    onOffering === undefined
      ? 'no role in the provider organisation'
      : `${onOffering.role} of the offering only: approving and rejecting orders, limits, metadata, endpoints and dated usage will be refused`;
  return { name, status: 'failed', detail, hint, exit: EXIT.refused };
}

function offeringFinding(offering: Offering): Finding {
  const name = 'offering';
  const detail = `${offering.name}, ${offering.type}, ${offering.state}`;
  if (offering.type !== 'Marketplace.Slurm') {
    const hint =
      'an agent can only serve the type Marketplace.Slurm ("Waldur site agent"): agent offering create makes one';
    return { name, status: 'failed', detail, hint, exit: EXIT.config };
  }
  if (offering.state !== 'Active' && offering.state !== 'Paused') {
    return { name, status: 'warning', detail, hint: 'nobody can order from it until it is activated' };
  }
  return { name, status: 'ok', detail };
}

function componentsFinding(config: OfferingConfig, offering: Offering): Finding {
  const name = 'components';
  const hint = 'agent components diff shows the differences, agent components push removes them';
  const missing = config.components.filter(({ type }) => !offering.components.some((found) => found.type === type));
  if (missing.length > 0) {
    const detail = `Waldur lacks ${missing.map(({ type }) => type).join(', ')}`;
    return { name, status: 'failed', detail, hint, exit: EXIT.config };
  }
  const other = config.components.filter(
    ({ type, accountingType }) =>
      offering.components.find((found) => found.type === type)?.billingType !== accountingType,
  );
  if (other.length > 0) {
    return {
      name,
      status: 'warning',
      detail: `billed differently in Waldur: ${other.map(({ type }) => type).join(', ')}`,
      hint,
    };
  }
  return { name, status: 'ok', detail: config.components.map(({ type }) => type).join(', ') };
}

async function brokerFinding(
  offering: OfferingConfig,
  waldur: Waldur,
  deps: DoctorDeps,
  signal: AbortSignal,
): Promise<Finding> {
  const name = 'broker';
  if (!offering.stomp.enabled) return { name, status: 'skipped', detail: 'stomp_enabled is false: orders are polled' };
  const result = await looker(deps, signal)(name, async (inner) => {
    const identity = await waldur.agents.identify(offering.uuid, deps.clock.now(), inner);
    if (identity === undefined) return undefined;
    const target = { identity: identity.uuid, offering: offering.uuid };
    const queue = await waldur.queues.register(target, ['order', 'resource'], inner);
    if (queue === undefined) return undefined;
    await deps.tryBroker(offering, queue, await waldur.queues.passcode(inner), inner);
    return queue;
  });
  if ('finding' in result) return result.finding;
  if (result.value === undefined)
    return { name, status: 'warning', detail: 'this Waldur has no event queues: orders are polled' };
  return {
    name,
    status: 'ok',
    detail: `${offering.stomp.url}, ${result.value.queues.map((queue) => queue.name).join(', ')}`,
  };
}

async function* examineBackend(
  offering: OfferingConfig,
  deps: DoctorDeps,
  signal: AbortSignal,
): AsyncIterable<Finding> {
  const backend = deps.backend(offering);
  try {
    const result = await looker(deps, signal)(offering.plugin.id, (inner) => backend.check(inner));
    if ('finding' in result) yield result.finding;
    else yield* result.value;
  } finally {
    await backend.close();
  }
}

type Look = <T>(
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
) => Promise<{ readonly value: T } | { readonly finding: Finding }>;

/** Turns a failure into a finding. */
function looker(deps: DoctorDeps, signal: AbortSignal): Look {
  return async (name, work) => {
    try {
      return { value: await withDeadline(deps.clock, signal, DEADLINE_MS, name, work) };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toAgentError(thrown);
      const { message, hint } = error;
      return { finding: { name, status: 'failed', detail: message, hint, exit: exitCodeOf(error) } };
    }
  };
}

function* skip(names: readonly string[], detail: string): Iterable<Finding> {
  for (const name of names) yield { name, status: 'skipped', detail };
}
