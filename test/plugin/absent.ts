import type { Observed, Sought } from '../../src/plugin/contract.ts';

/** Accounts to look for, by their names. */
export function sought(...accounts: string[]): readonly Sought[] {
  return accounts.map((account) => ({ account }));
}

export async function* absent(accounts: readonly Sought[] | 'all'): AsyncGenerator<Observed> {
  for (const { account } of accounts === 'all' ? sought('a', 'b') : accounts) yield { state: 'absent', account };
}
