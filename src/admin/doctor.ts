import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Backend } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import { HEARD_EVENTS, type QueueRegistration } from '../waldur/types.ts';
import {
  componentsFinding,
  credentialsFinding,
  type Finding,
  offeringFinding,
  roleFinding,
  userFindings,
} from './doctor-findings.ts';
import { failureKind } from './failure-kind.ts';

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

/** The longest any single look may take. */
const DEADLINE_MS = 30_000;

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
    yield* skip(['role', 'offering', 'components', 'credentials', 'broker'], 'not looked at without a login');
    return;
  }
  const version = await look('Waldur version', (inner) => waldur.version(inner));
  yield* userFindings(me.value, 'value' in version ? version.value : undefined, waldur.clockSkewMs() ?? 0, offering);
  const found = await look('offering', (inner) => waldur.offerings.get(offering.uuid, inner));
  if ('finding' in found) {
    yield found.finding;
    yield* skip(['role', 'components', 'credentials', 'broker'], 'not looked at without the offering');
    return;
  }
  yield roleFinding(me.value, found.value);
  yield offeringFinding(found.value);
  yield componentsFinding(offering, found.value);
  if (offering.plugin.keys > 0) yield await keysFinding(offering, waldur, look);
  yield await brokerFinding(offering, waldur, deps, signal);
}

async function keysFinding(offering: OfferingConfig, waldur: Waldur, look: Look): Promise<Finding> {
  const query = { offering: offering.uuid, states: ['Updating'] };
  const keys = await look('credentials', (inner) => waldur.apiKeys.list(query, inner));
  return 'finding' in keys ? keys.finding : credentialsFinding(offering, keys.value !== undefined);
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
    // As the daemon registers it: another list would change the filter of its queue.
    const queue = await waldur.queues.register(target, HEARD_EVENTS, inner);
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
      const { message, hint = FALLBACK_HINT[error.disposition] } = error;
      return { finding: { name, status: 'failed', detail: message, hint, kind: failureKind(error) } };
    }
  };
}

/** Hints for errors that carry none. */
const FALLBACK_HINT = {
  transient: 'This may pass; the agent tries again by itself. If it stays, look at the logs of the other side.',
  terminal: 'Correct what the message names.',
  operator: 'The logs of the other side say what was refused.',
  bug: 'This is a defect of the agent: please report it.',
} as const;

function* skip(names: readonly string[], detail: string): Iterable<Finding> {
  for (const name of names) yield { name, status: 'skipped', detail };
}
