import type { Backend } from './contract.ts';

/** What a backend says of an account in numbers; undefined when the account is not there any more. */
export type ShowGauges = (account: string, gauges: Readonly<Record<string, number>> | undefined) => void;

/**
 * A backend whose `Found.gauges` are shown as they come by. Only of accounts that were asked for: a listing of all has those
 * of other offerings, too.
 */
export function withGauges(backend: Backend, show: ShowGauges): Backend {
  return {
    ...backend,
    observe: async function* (accounts, signal) {
      for await (const observed of backend.observe(accounts, signal)) {
        if (accounts !== 'all' && observed.state === 'absent') show(observed.account, undefined);
        if (accounts !== 'all' && observed.state === 'found' && observed.resource !== undefined) {
          show(observed.account, observed.gauges ?? {});
        }
        yield observed;
      }
    },
    apply: async (action, signal) => {
      const applied = await backend.apply(action, signal);
      if (action.kind === 'delete-account') show(action.account, undefined);
      return applied;
    },
  };
}
