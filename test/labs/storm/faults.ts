import { AgentError } from '../../../src/lib/errors.ts';
import type { Backend, Plugin } from '../../../src/plugin/contract.ts';
import type { FaultAction, FaultedRequest } from '../../../src/sandbox/faults.ts';
import type { FacadeRequest, Fault } from '../croit-facade.ts';
import { createDice, pick } from './dice.ts';

/** What goes wrong at both ends, by the dice. */

const STALL_MS = 500;
const DOWN: FaultAction = { kind: 'status', status: 503, body: '<h1>Service Unavailable</h1>' };
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>';
/** What a proxy in between says in Waldur's place. */
const OF_A_PROXY = (status: number): FaultAction => ({
  kind: 'status',
  status,
  body: '<html><body><h1>Request Rejected</h1></body></html>',
});

const OF_WALDUR: readonly FaultAction[] = [
  { kind: 'status', status: 500, body: '<h1>Server Error (500)</h1>' },
  { kind: 'status', status: 502, body: HTML },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, headers: { 'Retry-After': '1' }, body: { detail: 'Request was throttled.' } },
  { kind: 'reset.before' },
  { kind: 'reset.after' },
  { kind: 'truncate', length: 'wrong' },
  { kind: 'truncate', length: 'correct' },
  { kind: 'stall', ms: STALL_MS },
  OF_A_PROXY(400),
  OF_A_PROXY(403),
  OF_A_PROXY(404),
  { kind: 'withhold', headers: ['link', 'x-result-count'] },
  { kind: 'stalePage' },
];

export interface WaldurFaults {
  readonly seed: number;
  readonly rate: number;
  /** Puts the names of the plan in place of UUIDs, which say nothing to the next run. */
  named(path: string): string;
  /** Nothing works at all. */
  isDown(): boolean;
}

export function waldurFaults(options: WaldurFaults): (request: FaultedRequest) => FaultAction | undefined {
  const dice = createDice(options.seed);
  return ({ method, path }) =>
    options.isDown() ? DOWN : pick(dice(`${method} ${options.named(path)}`), options.rate, OF_WALDUR);
}

const OF_CROIT: readonly Fault[] = [
  { status: 500, body: '{"code":500,"message":"internal error"}' },
  { status: 502, body: HTML },
  { status: 429, body: '', headers: { 'Retry-After': '1' } },
  'cut',
  'lost',
  'silence',
];

export function croitFaults(
  seed: number,
  rate: number,
  isDown: () => boolean,
): (request: FacadeRequest) => Fault | undefined {
  const dice = createDice(seed + 1);
  return ({ method, path, query }) =>
    isDown() ? { status: 502, body: HTML } : pick(dice(`${method} ${path} ${query['uid[]'] ?? ''}`), rate, OF_CROIT);
}

const OF_LOCAL = ['busy', 'busy', 'lost', 'lost', 'bug', 'slow'] as const;

/**
 * The plugin as it is on a bad disk: refuses, loses answers after the effect, throws what no one classified, is slow.
 * `isBad` is asked for each call.
 */
export function onBadDisk(plugin: Plugin, seed: number, rate: number, isBad: () => boolean): Plugin {
  const dice = createDice(seed + 2);
  const suffer = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const fault = isBad() ? pick(dice(what), rate, OF_LOCAL) : undefined;
    if (fault === 'busy') throw new AgentError(`${what} was refused`, { code: 'STORM_BUSY', disposition: 'transient' });
    if (fault === 'bug') throw new TypeError(`${what} is not a function`);
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, STALL_MS));
    const result = await work();
    if (fault === 'lost')
      throw new AgentError(`${what} has no answer`, { code: 'STORM_LOST', disposition: 'transient' });
    return result;
  };
  const spoil = (backend: Backend): Backend => ({
    ...backend,
    apply: (action, signal) => suffer(`${action.kind} ${action.account}`, () => backend.apply(action, signal)),
    observe: async function* (accounts, signal) {
      await suffer(
        `observe ${accounts === 'all' ? accounts : accounts.map(({ account }) => account).join(' ')}`,
        async () => undefined,
      );
      yield* backend.observe(accounts, signal);
    },
    close: async () => {
      await backend.close?.();
      if (rate > 0) throw new Error('the disk does not let go');
    },
  });
  return { ...plugin, create: (context) => spoil(plugin.create(context)) };
}
