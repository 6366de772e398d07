import type { AgentError } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import { formatBytes } from '../lib/units.ts';
import type { Orphan } from '../upkeep/orphans.ts';
import { failureJson, renderFailure } from './render-failure.ts';
import { printable, type Style } from './style.ts';
import { renderTable } from './table.ts';

/** What became of an orphan. */
export interface OrphanLine {
  readonly orphan: Orphan;
  readonly outcome: 'listed' | 'deleted' | 'failed';
  readonly error: AgentError | undefined;
}

export interface OfferingOrphans {
  readonly name: string;
  readonly lines: readonly OrphanLine[];
  /** Why the offering could not be looked at. */
  readonly error: AgentError | undefined;
}

const REASONS = { terminated: 'resource terminated', unlinked: 'unknown to Waldur' } as const;

/** The orphans of each offering, one line each. */
export function renderOrphans(offerings: readonly OfferingOrphans[], style: Style): string {
  const blocks = offerings.map(({ name, lines, error }) => {
    const none = lines.length === 0 && error === undefined ? `${style.dim('  no orphans')}\n` : '';
    const rows = lines.map(({ orphan: { account, reason } }) => [
      `  ${printable(account.account)}`,
      REASONS[reason],
      contents(account.holds),
      account.suspended ? 'suspended' : '',
    ]);
    const failure = error === undefined ? '' : renderFailure(error, style);
    return `${style.bold(`offering ${printable(name)}`)}\n${none}${renderTable(rows)}${failure}`;
  });
  return blocks.join('');
}

/** What came of the deletion of each. */
export function renderRemovals(offerings: readonly OfferingOrphans[], style: Style): string {
  const lines = offerings.flatMap((offering) => offering.lines);
  return lines
    .map(({ orphan, error }) => {
      const account = printable(orphan.account.account);
      return error === undefined
        ? `  ${style.green(style.glyphs.ok)} ${account} deleted\n`
        : `  ${account} is kept:\n${renderFailure(error, style)}`;
    })
    .join('');
}

/** The same for programs; amounts as decimal strings. */
export function orphansJson(offerings: readonly OfferingOrphans[]): Json {
  return {
    version: 1,
    offerings: offerings.map(({ name, lines, error: failure }) => ({
      name,
      error: failureJson(failure),
      orphans: lines.map(({ orphan: { account, resource, reason }, outcome, error }) => ({
        account: account.account,
        resource,
        reason,
        suspended: account.suspended,
        bytes: account.holds?.bytes.toString() ?? null,
        objects: account.holds?.objects.toString() ?? null,
        outcome,
        error: failureJson(error),
      })),
    })),
  };
}

function contents(holds: Orphan['account']['holds']): string {
  if (holds === undefined) return 'contents unknown';
  return holds.objects === 0n ? 'empty' : `${formatBytes(holds.bytes)}, ${holds.objects} objects`;
}
