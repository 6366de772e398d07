import type { OfferingOrphans } from '../admin/orphans.ts';
import { plural } from '../lib/plural.ts';
import { formatBytes } from '../lib/units.ts';
import { renderFailure } from './render-failure.ts';
import { printable, type Style } from './style.ts';
import { renderTable } from './table.ts';

type Orphan = OfferingOrphans['lines'][number]['orphan'];

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

function contents(holds: Orphan['account']['holds']): string {
  if (holds === undefined) return 'contents unknown';
  return holds.objects === 0n ? 'empty' : `${formatBytes(holds.bytes)}, ${plural(holds.objects, 'object')}`;
}
