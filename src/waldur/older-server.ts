import { AgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { type Api, route } from './api.ts';
import { type Reader, reader } from './reader.ts';

/**
 * What servers of 2024 need around the actions on orders (README, "Servers of 2024"). There a background task carries an
 * approved order to the object of a plugin behind the resource. Newer servers have no such object.
 */
export interface OlderServer {
  /** Brings the object into the only state from which the task can update it. */
  beforeApproval(order: Uuid, signal: AbortSignal): Promise<void>;
  /** Waits for the task: it would undo what an order that ends before it did to the resource. */
  beforeEnd(order: Uuid, signal: AbortSignal): Promise<void>;
  /** Says that the object is as ordered, which the next update depends on. */
  afterDone(order: Uuid, signal: AbortSignal): Promise<void>;
}

const FIELDS = ['uuid', 'type', 'state', 'resource_uuid', 'marketplace_resource_uuid'];
const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 5000;
/** About half a minute altogether. */
const POLLS = 10;

export function createOlderServer(api: Api): OlderServer {
  const read = async (order: Uuid, signal: AbortSignal): Promise<Reader> =>
    reader('order', await api.get('orders.look', route('marketplace-orders', order), { field: FIELDS }, signal));
  const settle = async (order: Reader, signal: AbortSignal): Promise<void> => {
    const path = route('marketplace-slurm-remote', order.uuid('marketplace_resource_uuid'), 'set_state');
    await api.attempt('allocation', () => api.send('POST', 'resources.settle', path, { state: 'ok' }, signal));
  };
  const isStarted = async (order: Reader, signal: AbortSignal): Promise<boolean> => {
    if (order.text('state') !== 'executing') return true;
    const type = order.text('type');
    if (type === 'Create') return order.uuidOrNone('resource_uuid') !== undefined;
    const path = route('marketplace-provider-resources', order.uuid('marketplace_resource_uuid'));
    const resource = reader('resource', await api.get('resources.look', path, { field: ['state'] }, signal));
    return resource.text('state') === (type === 'Update' ? 'Updating' : 'Terminating');
  };
  return {
    beforeApproval: async (uuid, signal) => {
      const order = await read(uuid, signal);
      if (order.text('type') === 'Update') await settle(order, signal);
    },
    beforeEnd: async (uuid, signal) => {
      for (let poll = 0; poll < POLLS; poll++) {
        if (await isStarted(await read(uuid, signal), signal)) return;
        await api.clock.sleep(Math.min(FIRST_POLL_MS * 2 ** poll, LONGEST_POLL_MS), signal);
      }
      throw new AgentError('Waldur has not begun the order in its background task', {
        code: 'WALDUR_NOT_STARTED',
        disposition: 'transient',
        hint: 'Are the Celery workers of Waldur running? The order is tried again.',
      });
    },
    afterDone: async (uuid, signal) => {
      const order = await read(uuid, signal);
      if (order.text('type') !== 'Terminate') await settle(order, signal);
    },
  };
}
