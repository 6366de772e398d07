import type { OfferingPlan } from '../admin/plan.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { plural } from '../lib/plural.ts';
import { formatBytes } from '../lib/units.ts';
import type { Action, AttributeChange, Quota } from '../plugin/contract.ts';
import { renderFailure } from './render-failure.ts';
import { printable, type Style } from './style.ts';

type Preview = OfferingPlan['previews'][number];
type Finding = OfferingPlan['findings'][number];

/** Open orders with a line per action: `+` makes, `~` changes, `-` removes, `!` cannot be done. */
export function renderPlan(plans: readonly OfferingPlan[], style: Style): string {
  const blocks = plans.map(({ name, previews, findings, error }) => {
    const lines = [
      style.bold(`offering ${printable(name)}`),
      ...(previews.length === 0 && error === undefined ? [style.dim('  no open orders')] : []),
      ...previews.flatMap((preview) => renderOrder(preview, style)),
      ...findings.flatMap((finding) => renderFinding(finding, style)),
    ];
    return `${lines.join('\n')}\n${error === undefined ? '' : renderFailure(error, style)}`;
  });
  const actions = plans.flatMap(({ previews, findings }) =>
    [...previews, ...findings].flatMap((entry) => entry.actions),
  );
  const count = (wanted: Sign): number => actions.filter((action) => signOf(action) === wanted).length;
  const total = `Plan: ${count('+')} to create, ${count('~')} to change, ${count('-')} to remove. Nothing was applied.`;
  return `${blocks.join('')}${total}\n`;
}

function renderOrder({ order, kind, actions, error }: Preview, style: Style): string[] {
  const head = `  order ${order.uuid.slice(0, 8)} ${kind}  resource "${printable(order.resourceName)}"`;
  if (error === undefined && actions.length === 0) return [head, style.dim('    nothing to do at the backend')];
  const end = error?.disposition === 'terminal' ? 'would be refused' : 'would wait';
  return [head, ...renderActions(actions, error, end, style)];
}

function renderFinding({ resource, kind, actions, error }: Finding, style: Style): string[] {
  const head = `  resource ${resource.uuid.slice(0, 8)} ${kind}  "${printable(resource.name)}"`;
  if (kind === 'drift' && actions.length === 0) return [head, style.yellow('    ~ metadata in Waldur')];
  return [head, ...renderActions(actions, error, 'cannot be repaired', style)];
}

function renderActions(actions: readonly Action[], error: Preview['error'], end: string, style: Style): string[] {
  if (error !== undefined) return [style.red(`    ! ${end}: ${printable(error.message)} (${error.code})`)];
  const paint = { '+': style.green, '~': style.yellow, '-': style.red };
  return actions.map((action) => paint[signOf(action)](`    ${signOf(action)} ${describe(action, style)}`));
}

type Sign = '+' | '~' | '-';

function signOf(action: Action): Sign {
  switch (action.kind) {
    case 'create-account':
    case 'issue-key':
      return '+';
    case 'set-quota':
    case 'configure':
    case 'suspend':
    case 'resume':
      return '~';
    case 'revoke-key':
    case 'delete-account':
      return '-';
  }
}

function describe(action: Action, style: Style): string {
  const account = printable(action.account);
  switch (action.kind) {
    case 'create-account':
      return `account    ${account} with ${[quotaText(action.quota), ...attributesText(action.attributes)].join(', ')}`;
    case 'issue-key':
      return `access key for ${account} (the secret goes to Waldur only)`;
    case 'set-quota':
      return `quota      ${quotaText(action.from)} ${style.glyphs.arrow} ${quotaText(action.to)} of ${account}`;
    case 'configure':
      return `${action.changes.map((change) => changeText(change, style)).join(', ')} of ${account}`;
    case 'suspend':
    case 'resume':
      return `${action.kind.padEnd(10)} ${account}`;
    case 'revoke-key':
      return `access key ${printable(action.accessKey)} of ${account}`;
    case 'delete-account':
      return `account    ${account}${action.purge ? ' with everything in it' : ' if it is empty'}`;
  }
}

function quotaText({ bytes, objects }: Partial<Quota>): string {
  const size = bytes === undefined ? 'the default size' : bytes === null ? 'no size limit' : formatBytes(bytes);
  return objects === undefined || objects === null ? size : `${size}, ${plural(objects, 'object')}`;
}

function attributesText(attributes: JsonObject): string[] {
  return Object.entries(attributes).map(([name, value]) => `${name} ${valueText(value)}`);
}

function changeText({ path, from, to }: AttributeChange, style: Style): string {
  return `${path} ${valueText(from)} ${style.glyphs.arrow} ${valueText(to)}`;
}

function valueText(value: Json): string {
  return value === null ? 'unset' : printable(typeof value === 'string' ? value : JSON.stringify(value));
}
