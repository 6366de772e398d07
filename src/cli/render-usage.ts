import type { ResourceUsage } from '../admin/usage.ts';
import { printable, type Style } from './style.ts';
import { renderTable } from './table.ts';

/** Samples shown to a person: a day of hours. */
const SHOWN = 24;

/** For a person: what Waldur has, what was measured, and the latest samples. */
export function renderUsage(usage: ResourceUsage, style: Style): string {
  const { resource, offering, period, metering, isSampled } = usage;
  const head = `${style.bold(`resource ${printable(resource.name)}`)} ${resource.uuid}\n`;
  const how = `metering: ${metering}${isSampled ? ', made of samples' : ', as the backend says'}`;
  const facts = `  offering ${printable(offering)}, account ${printable(resource.account)}, ${period}, ${how}\n`;
  return head + facts + renderLines(usage, style) + renderSamples(usage, style);
}

function renderLines({ lines }: ResourceUsage, style: Style): string {
  const header = ['  component', 'sent to Waldur', 'measured', ''];
  const rows = lines.map(({ component, recorded, measured, unit, status }) => [
    `  ${component}`,
    recorded ?? style.glyphs.skipped,
    measured ?? style.glyphs.skipped,
    `${unit === undefined ? '' : `${printable(unit)}, `}${status}`,
  ]);
  return renderTable([header.map(style.dim), ...rows], [1, 2]);
}

function renderSamples({ samples, isSampled }: ResourceUsage, style: Style): string {
  if (!isSampled) return '';
  if (samples.length === 0) return style.yellow('  no samples in this month\n');
  const header = ['  sampled at', 'component', 'quantity'];
  const rows = samples
    .slice(-SHOWN)
    .map(({ at, component, quantity }) => [`  ${at.toISOString()}`, printable(component), String(quantity)]);
  const hidden = samples.length - rows.length;
  const more = hidden === 0 ? '' : style.dim(`  and ${hidden} before these: --json prints all\n`);
  return renderTable([header.map(style.dim), ...rows], [2]) + more;
}
