import { describeEvent } from '../admin/describe-event.ts';
import type { NamedOffering } from '../admin/history.ts';
import { plural } from '../lib/plural.ts';
import type { Verification } from '../store/journal.ts';
import type { JournalEntry } from '../store/journal-entry.ts';
import { printable, type Style } from './style.ts';

/** One line: when, in which offering, about which order and resource, what. */
export function renderEntry(entry: JournalEntry, offerings: readonly NamedOffering[], style: Style): string {
  const { at, offering, order, resource, event } = entry;
  const name = offerings.find(({ uuid }) => uuid === offering)?.name ?? offering;
  const isFailure = event.kind === 'lost' || ('error' in event && event.error !== undefined);
  const said = printable(describeEvent(event));
  const about = [order && `order ${order.slice(0, 8)}`, resource && `resource ${resource.slice(0, 8)}`]
    .filter((part) => part !== undefined)
    .join(', ');
  const head = `${at.toISOString()}  ${printable(name)}${about === '' ? '' : `  ${about}`}`;
  return `${style.dim(head)}  ${isFailure ? style.yellow(said) : said}\n`;
}

export function renderVerification(
  { offering, entries, head, checkpoint, faults }: Verification,
  offerings: readonly NamedOffering[],
  style: Style,
): string {
  const name = printable(offerings.find(({ uuid }) => uuid === offering)?.name ?? offering);
  const from = checkpoint === 0 ? '' : ` after entry ${checkpoint}`;
  const last = style.dim(`  last entry ${head.seq}, hash ${head.hash}`);
  if (faults.length === 0) return `${name}: ${plural(entries, 'entry', 'entries')}${from}, unchanged\n${last}\n`;
  const told = faults.map((fault) => `  ${style.red(fault)}\n`).join('');
  return `${name}: ${style.red('the journal was changed')}\n${told}${last}\n`;
}
