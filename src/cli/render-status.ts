import { ABILITIES, type AbilitySpec } from '../monitor/hindrance.ts';
import type { ShownHindrance, ShownProbe } from './ask-agent.ts';
import { printable, type Style } from './style.ts';

/** What the running agent can and cannot do, with the reason and what to do about it. */
export function renderStatus(probes: readonly ShownProbe[], now: Date, style: Style): string {
  const blocks = probes.map(({ name, ok, detail, hindrances }) => {
    const mark = ok ? style.green(style.glyphs.ok) : style.red(style.glyphs.failed);
    const state = hindrances.length === 0 ? detail : (detail.split(';')[0] ?? detail);
    const head = `${mark} ${style.bold(printable(name))}: ${printable(state)}\n`;
    return head + hindrances.map((hindrance) => renderHindrance(hindrance, now, style)).join('');
  });
  return blocks.join('');
}

function renderHindrance({ ability, code, message, hint, since }: ShownHindrance, now: Date, style: Style): string {
  const known: Readonly<Record<string, AbilitySpec>> = ABILITIES;
  const what = known[ability]?.what ?? ability;
  const mark =
    known[ability]?.essential === false ? style.yellow(style.glyphs.warning) : style.red(style.glyphs.failed);
  const lines = [
    `  ${mark} cannot ${printable(what)} ${style.dim(`for ${duration(now.getTime() - Date.parse(since))}`)}`,
    `      ${printable(message)} ${style.dim(`(${printable(code)})`)}`,
    ...(hint === undefined ? [] : [`      ${style.dim(printable(hint))}`]),
  ];
  return `${lines.join('\n')}\n`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
];

/** In the largest whole unit: `3 h`. */
function duration(ms: number): string {
  const [size, unit] = UNITS.find(([length]) => ms >= length) ?? [1000, 's'];
  return Number.isFinite(ms) ? `${Math.max(0, Math.floor(ms / size))} ${unit}` : 'an unknown time';
}
