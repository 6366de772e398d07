import { describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Backend, Found, Observed, Sought } from '../../src/plugin/contract.ts';
import { answerImports } from '../../src/upkeep/imports.ts';
import type { ImportableAccount, Waldur } from '../../src/waldur/client.ts';
import type { ImportRequest, ProjectRef, Resource } from '../../src/waldur/types.ts';
import { silentLog } from '../fakes/log.ts';
import { component, GIB, OBJECTS, offeringConfig, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const error = (code: string, disposition: AgentError['disposition']): AgentError =>
  new AgentError('No.', { code, disposition });
const OUTAGE = error('WALDUR_FAILED', 'transient');
const REFUSED = error('WALDUR_REFUSED', 'terminal');
const name = (digits: string, project = 'genomics'): string => `waldur_acme_${project}_${digits.repeat(8)}`;
const GENOMICS: ProjectRef = { uuid: 'p1', slug: 'genomics', customerSlug: 'acme' };

function account(id: string, values: Partial<Found> = {}): Found {
  return {
    state: 'found',
    account: id,
    resource: undefined,
    suspended: false,
    quota: { bytes: BigInt(GIB) + 1n, objects: null },
    keys: [],
    metadata: {},
    endpoints: [],
    ...values,
  };
}

interface World {
  readonly requests?: readonly Partial<ImportRequest>[] | undefined;
  /** What the backend lists as without a stamp; by default all `accounts`. */
  readonly unstamped?: readonly string[] | undefined;
  readonly accounts?: readonly Observed[];
  readonly offered?: readonly string[];
  readonly resources?: readonly Partial<Resource>[];
  readonly projects?: readonly ProjectRef[];
  /** What is thrown for the offer of an account. */
  readonly refused?: Readonly<Record<string, AgentError>>;
}

function setup(world: World) {
  const did: string[] = [];
  const offers: ImportableAccount[] = [];
  const accounts = world.accounts ?? [account(name('1'))];
  const requests = 'requests' in world ? world.requests : [{}];
  const waldur = {
    imports: {
      requests: async () => requests?.map((values) => ({ uuid: 'r', state: 'Sent', ...values })),
      startProcessing: async () => void did.push('start'),
      setDone: async () => void did.push('done'),
      setErred: async (_: string, text: string) => void did.push(`erred: ${text}`),
      offered: async () => new Set(world.offered),
      projects: async () => world.projects ?? [GENOMICS],
      offer: async (offer: ImportableAccount) => {
        did.push(`offer ${offer.backendId}`);
        const failure = world.refused?.[offer.backendId];
        if (failure !== undefined) throw failure;
        offers.push(offer);
      },
    },
    resources: {
      list: async function* () {
        yield* (world.resources ?? []).map(resource);
      },
    },
  } as unknown as Waldur;
  const names = 'unstamped' in world ? world.unstamped : accounts.map((one) => one.account);
  const backend = {
    observe: async function* (sought: readonly Sought[]) {
      yield* accounts.filter((one) => sought.some((of) => of.account === one.account));
    },
    ...(names !== undefined && {
      unstamped: async function* () {
        yield* names;
      },
    }),
  } as unknown as Backend;
  const offering = offeringConfig({ components: [component(), OBJECTS] });
  const answer = (): Promise<string> =>
    answerImports({ offering, waldur, backend, log: silentLog() }, signal).then(
      () => 'answered',
      (reason: AgentError) => reason.code,
    );
  return { answer, did, offers };
}

const [ONE, TWO] = [name('1'), name('2')];

describe('an import request', () => {
  test.each<[string, World, string, readonly string[]]>([
    ['is answered with the accounts that nothing owns', {}, 'answered', ['start', `offer ${ONE}`, 'done']],
    ['that was begun goes on', { requests: [{ state: 'Processing' }] }, 'answered', [`offer ${ONE}`, 'done']],
    ['there is none', { requests: [] }, 'answered', []],
    ['servers without import have none', { requests: undefined }, 'answered', []],
    [
      'gets no account that was offered before',
      { accounts: [account(ONE), account(TWO)], offered: [ONE] },
      'answered',
      ['start', `offer ${TWO}`, 'done'],
    ],
    ['gets no account of a resource', { resources: [{ backendId: ONE }] }, 'answered', ['start', 'done']],
    [
      'gets no account that was stamped meanwhile',
      { accounts: [account(ONE, { resource: 'b'.repeat(32) })] },
      'answered',
      ['start', 'done'],
    ],
    [
      'gets no account that went meanwhile',
      { accounts: [{ state: 'absent', account: ONE }] },
      'answered',
      ['start', 'done'],
    ],
    ['gets no account of an unknown project', { accounts: [account(name('1', 'x'))] }, 'answered', ['start', 'done']],
    [
      'gets accounts of projects that only a resource shows',
      { projects: [], resources: [{ project: 'p1', backendId: 'z' }] },
      'answered',
      ['start', `offer ${ONE}`, 'done'],
    ],
    [
      'is not held up by an account that Waldur refuses',
      { accounts: [account(ONE), account(TWO)], refused: { [ONE]: REFUSED } },
      'answered',
      ['start', `offer ${ONE}`, `offer ${TWO}`, 'done'],
    ],
    [
      'fails when Waldur refuses them all',
      { refused: { [ONE]: REFUSED } },
      'answered',
      ['start', `offer ${ONE}`, 'erred: No. (WALDUR_REFUSED)'],
    ],
    ['stays open in an outage', { refused: { [ONE]: OUTAGE } }, 'WALDUR_FAILED', ['start', `offer ${ONE}`]],
    [
      'fails when the backend cannot tell',
      { unstamped: undefined },
      'answered',
      ['start', expect.stringMatching(/^erred: .*\(IMPORT_UNSUPPORTED\)$/)],
    ],
    [
      'that fails does not hold up the next',
      { requests: [{}, {}], refused: { [ONE]: REFUSED } },
      'answered',
      ['start', `offer ${ONE}`, 'erred: No. (WALDUR_REFUSED)', 'start', `offer ${ONE}`, 'erred: No. (WALDUR_REFUSED)'],
    ],
  ])('%s', async (_, world, ending, did) => {
    const made = setup(world);
    expect(await made.answer()).toBe(ending);
    expect(made.did).toEqual(did);
  });

  test('says the limits, rounded up: an import must not cut what there is', async () => {
    const { answer, offers } = setup({});
    await answer();
    expect(offers).toMatchObject([{ name: ONE, backendId: ONE, project: 'p1', limits: { s3_storage: 2 } }]);
    // An account without a limit of a kind has none.
    expect(offers[0]?.limits).not.toHaveProperty('s3_objects');
  });

  test('looks at accounts a hundred at a time, and offers each once', async () => {
    const many = Array.from({ length: 250 }, (_, i) => `waldur_acme_genomics_${String(i).padStart(8, '0')}`);
    const { answer, offers } = setup({ accounts: many.map((id) => account(id)) });
    await answer();
    expect(offers.map(({ backendId }) => backendId)).toEqual(many);
  });
});
