import type { OfferingChanges } from '../admin/components.ts';
import type { ComponentChange } from '../admin/components-plan.ts';
import type { Json } from '../lib/json.ts';
import { renderFailure } from './render-failure.ts';
import { printable, type Style } from './style.ts';

/** The differences of each offering, a line per component and field. */
export function renderChanges(results: readonly OfferingChanges[], style: Style): string {
  const blocks = results.map(({ offering, changes, error }) => {
    const lines = [
      style.bold(`offering ${printable(offering)}`),
      ...changes.flatMap((change) => describe(change, style)),
    ];
    return `${lines.join('\n')}\n${error === undefined ? '' : renderFailure(error, style)}`;
  });
  return blocks.join('');
}

function describe(change: ComponentChange, style: Style): readonly string[] {
  const type = printable(change.type);
  switch (change.kind) {
    case 'create':
      return [`  ${style.green(`+ ${type}`)}  ${style.dim(summary(change.body))}`];
    case 'update':
      return [
        `  ${style.yellow(`~ ${type}`)}`,
        ...change.fields.map(({ name, from, to }) => `      ${name}: ${show(from)} ${style.glyphs.arrow} ${show(to)}`),
      ];
    case 'unchanged':
      return [`    ${type}`];
    case 'extra':
      return [style.dim(`    ${type} (only in Waldur, left alone)`)];
  }
}

function summary(body: Readonly<Record<string, Json>>): string {
  return Object.entries(body)
    .filter(([name]) => name !== 'type')
    .map(([name, value]) => `${name}: ${show(value)}`)
    .join(', ');
}

function show(value: Json): string {
  return printable(JSON.stringify(value));
}
