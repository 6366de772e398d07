import { badLimit, notKept, unreadableId } from '../errors.ts';
import { formatLimits } from './format-limits.ts';
import { checkLimits, emptyRow, keptAs, limitsOf, mergeLimits, sameLimits } from './limits.ts';
import type { Change, Device, Driver, Limits, QuotaRow, Subject } from './types.ts';

/** What one request wants of one id; limits it leaves out stay. */
export interface Request {
  readonly device: Device;
  readonly subject: Subject;
  readonly id: number;
  readonly limits: Partial<Limits>;
}

export interface Written {
  readonly before: QuotaRow;
  readonly after: QuotaRow;
  readonly changed: boolean;
}

/** Sets limits: read, merged, written and read back, one round at a time for each device and kind of id. */
export interface Writer {
  /**
   * Requests that come while a round runs share the next one: one process writes them all.
   *
   * @throws AgentError terminal `HOST_QUOTA_BAD_LIMIT`, operator `HOST_QUOTA_NOT_KEPT`, and what the driver throws.
   */
  write(request: Request): Promise<Written>;
}

interface Waiting {
  readonly request: Request;
  resolve(written: Written): void;
  reject(error: unknown): void;
}

/** `signal` ends the process that runs; whoever asked may stop waiting earlier. */
export function createWriter(driver: Driver, signal: AbortSignal): Writer {
  const lanes = new Map<string, Waiting[]>();

  async function drain(key: string, lane: Waiting[]): Promise<void> {
    // Whatever asks in the same turn belongs to the first round.
    await Promise.resolve();
    while (lane.length > 0) {
      const round = lane.splice(0);
      try {
        await settle(driver, round, signal);
      } catch (error) {
        for (const { reject } of round) reject(error);
      }
    }
    lanes.delete(key);
  }

  return {
    write: (request) =>
      new Promise((resolve, reject) => {
        const key = `${request.subject} ${request.device.name}`;
        const lane = lanes.get(key) ?? [];
        lane.push({ request, resolve, reject });
        if (lanes.has(key)) return;
        lanes.set(key, lane);
        void drain(key, lane);
      }),
  };
}

async function settle(driver: Driver, round: readonly Waiting[], signal: AbortSignal): Promise<void> {
  const [first] = round;
  if (first === undefined) return;
  const { device, subject } = first.request;
  const { rows, unreadable } = await driver.read(device, subject, signal);
  const before = byId(rows);
  const wanted = new Map<number, Limits>();
  const accepted = round.filter((waiting) => {
    const { id, limits } = waiting.request;
    const merged = mergeLimits(wanted.get(id) ?? limitsOf(before.get(id) ?? emptyRow(id)), limits);
    try {
      if (unreadable.includes(id)) throw unreadableId(`${subject} ${id} on ${device.name}`);
      checkLimits(merged);
    } catch (error) {
      waiting.reject(error);
      return false;
    }
    wanted.set(id, merged);
    return true;
  });
  const changes = [...wanted]
    .map(([id, limits]): Change => ({ id, limits }))
    .filter(({ id, limits }) => !sameLimits(keptAs(limits, device), limitsOf(before.get(id) ?? emptyRow(id))));
  const refusals = new Map((await driver.write(device, subject, changes, signal)).map(({ id, why }) => [id, why]));
  const after = changes.length === 0 ? before : byId((await driver.read(device, subject, signal)).rows);
  const changed = new Set(changes.map(({ id }) => id));
  for (const { request, resolve, reject } of accepted) {
    const { id } = request;
    const why = refusals.get(id);
    const found = after.get(id) ?? emptyRow(id);
    const kept = keptAs(wanted.get(id) ?? limitsOf(found), device);
    if (why !== undefined) reject(badLimit(why));
    else if (!sameLimits(kept, limitsOf(found))) {
      reject(notKept(`${subject} ${id} on ${device.name}`, formatLimits(kept), formatLimits(found)));
    } else resolve({ before: before.get(id) ?? emptyRow(id), after: found, changed: changed.has(id) });
  }
}

function byId(rows: readonly QuotaRow[]): ReadonlyMap<number, QuotaRow> {
  return new Map(rows.map((row) => [row.id, row]));
}
