import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import { accountsOf, bucketsOf, expectWorking, fulfilled, GIB, limitOf, reach, soon, treeOf } from './helpers.ts';
import { live } from './lives.ts';

type Request = Parameters<Site['sandbox']['placeOrder']>[0];

interface Story {
  readonly what: string;
  readonly offering: 'limit' | 'options';
  readonly settings?: string;
  /** What happens before to the resource it is about; nothing for an order that makes one. */
  readonly before?: readonly Request[];
  readonly order: Request;
  /** What is changed while it is carried out, at the backend and in Waldur. */
  readonly effects: readonly string[];
  judge(site: Site, order: Order): void | Promise<void>;
}

const terminated = async (site: Site, { resource }: Order): Promise<void> => {
  expect(resource.state).toBe('Terminated');
  expect(resource.backendMetadata).not.toHaveProperty('s3_credentials');
  expect(accountsOf(site)).toEqual({});
  await soon(() => expect(treeOf(site)).toEqual(['.agent', '.agent/accounts']));
};
const limited =
  (gib: number) =>
  (site: Site, { resource }: Order) => {
    expectWorking(site, resource);
    expect(limitOf(site, resource.backendId)).toBe(gib * GIB);
  };
const options = { offering: FIXTURE.options, attributes: { storage_limit: 5 } };

const STORIES: readonly Story[] = [
  {
    what: 'create',
    offering: 'limit',
    order: { limits: { storage: 5 } },
    effects: [
      'approve_by_provider',
      'create-account',
      'set_backend_id',
      'issue-key',
      'set_backend_metadata',
      'set_endpoints',
      'set_state_done',
    ],
    judge: limited(5),
  },
  {
    what: 'limits',
    offering: 'limit',
    before: [{ limits: { storage: 5 } }],
    order: { type: 'Update', limits: { storage: 8 } },
    effects: ['approve_by_provider', 'set-quota', 'set_backend_metadata', 'set_state_done'],
    judge: limited(8),
  },
  {
    what: 'options',
    offering: 'options',
    before: [options],
    order: { type: 'Update', kind: 'options', options: { storage_limit: 8 } },
    effects: ['set-quota', 'set_backend_metadata', 'approve_by_provider'],
    judge: limited(8),
  },
  {
    what: 'terminate',
    offering: 'limit',
    before: [{}],
    order: { type: 'Terminate' },
    effects: ['approve_by_provider', 'set_usage', 'delete-account', 'set_backend_metadata', 'set_state_done'],
    judge: terminated,
  },
  {
    what: 'restore',
    offering: 'limit',
    before: [{ limits: { storage: 5 } }, { type: 'Terminate' }],
    order: { type: 'Restore' },
    effects: ['approve_by_provider', 'create-account', 'issue-key', 'set_backend_metadata', 'set_state_done'],
    judge: limited(5),
  },
  {
    what: 'restore of what was suspended',
    offering: 'limit',
    settings: 'on_terminate: suspend',
    before: [{ limits: { storage: 5 } }, { type: 'Terminate' }],
    order: { type: 'Restore' },
    effects: ['approve_by_provider', 'resume', 'issue-key', 'set_backend_metadata', 'revoke-key', 'set_state_done'],
    judge: limited(5),
  },
];

/**
 * Tells the story with an agent that is gone right after its effects number `crashes`, counted over all its lives.
 * Answers the effects there were.
 */
function tell(story: Story, crashes: readonly number[]): Promise<readonly string[]> {
  let resource = {};
  let order: Order;
  return live({ offering: story.offering, ...(story.settings && { settings: story.settings }) }, crashes, {
    before: async (site) => {
      for (const request of story.before ?? []) {
        const before = await fulfilled(site, { ...request, ...resource });
        resource = { resource: before.resource.uuid };
      }
    },
    during: async (site) => {
      order = site.sandbox.placeOrder({ ...story.order, ...resource });
      await reach(site, order, 'done');
    },
    after: async (site) => {
      await story.judge(site, order);
      expect(bucketsOf(site)).toEqual(Object.keys(accountsOf(site)));
    },
  });
}

describe.each(STORIES)('$what', (story) => {
  test('has the effects after which it is interrupted below', async () => {
    expect(await tell(story, [])).toEqual(story.effects);
  });

  test.each(story.effects.map((effect, index) => ({ effect, index })))(
    'converges when the agent dies right after $effect',
    async ({ index }) => {
      await tell(story, [index]);
    },
  );

  test('converges when it dies after everything it does, twelve times', async () => {
    await tell(story, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});
