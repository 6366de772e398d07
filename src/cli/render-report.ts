import type { OfferingReport } from '../admin/report.ts';
import { plural } from '../lib/plural.ts';
import { toCents } from '../lib/units.ts';
import { renderFailure } from './render-failure.ts';
import { printable, type Style } from './style.ts';
import { renderTable } from './table.ts';

/** A pass for a person: every decision of a dry run, and in any case what became of the resources. */
export function renderReport(
  report: OfferingReport,
  { dryRun, style }: { readonly dryRun: boolean; readonly style: Style },
): string {
  const head = `${style.bold(`offering ${printable(report.name)}`)}\n`;
  const table = dryRun && report.lines.length > 0 ? renderLines(report, style) : '';
  return head + table + conclusion(report, dryRun, style);
}

function renderLines({ lines }: OfferingReport, style: Style): string {
  const header = ['  month', 'resource', 'account', 'component', 'Waldur has', 'measured', 'difference', 'why'];
  const paint = {
    new: style.green,
    changed: style.green,
    unchanged: style.dim,
    guarded: style.yellow,
    unreadable: style.red,
    lost: style.red,
  };
  const rows = lines.map((line) => [
    `  ${line.period}`,
    printable(line.name),
    printable(line.account),
    line.component,
    line.recorded ?? style.glyphs.skipped,
    line.measured === undefined
      ? style.glyphs.skipped
      : `${line.measured}${line.unit === undefined ? '' : ` ${printable(line.unit)}`}`,
    difference(line),
    paint[line.status](WHY[line.status]),
  ]);
  return renderTable([header.map(style.dim), ...rows], [4, 5, 6]);
}

const WHY = {
  new: 'new: Waldur has nothing for this month',
  changed: 'changed',
  unchanged: 'unchanged, not sent',
  guarded: 'guarded: it would decrease, not sent',
  unreadable: 'unreadable, not sent',
  lost: 'lost: Waldur takes no usage of this month any more, not billed',
} as const;

function difference({ recorded, measured }: OfferingReport['lines'][number]): string {
  if (recorded === undefined || measured === undefined) return '';
  const cents = (toCents(measured) ?? 0n) - (toCents(recorded) ?? 0n);
  if (cents === 0n) return '0.00';
  const size = cents < 0n ? -cents : cents;
  return `${cents < 0n ? '-' : '+'}${size / 100n}.${String(size % 100n).padStart(2, '0')}`;
}

function conclusion({ summary, error }: OfferingReport, dryRun: boolean, style: Style): string {
  return (
    (error === undefined ? '' : renderFailure(error, style)) + (summary === undefined ? '' : total(summary, dryRun))
  );
}

function total({ submitted, unchanged, missing, failed, guarded, lost }: Total, dryRun: boolean): string {
  const sent = `${plural(submitted, 'resource')} ${dryRun ? 'would be reported' : 'reported'}`;
  const rest = `${unchanged} unchanged, ${missing} unreadable, ${failed} refused, ${plural(guarded, 'component')} guarded`;
  const never = lost === 0 ? '' : ` ${plural(lost, 'component')} of a past month not billed.`;
  return `  ${sent}, ${rest}.${never}${dryRun ? ' Nothing was sent.' : ''}\n`;
}

type Total = NonNullable<OfferingReport['summary']>;
