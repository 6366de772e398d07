const LONGEST = 150;

/**
 * The name of a resource as something every backend can show: a label never decides an order. Joiners stay where scripts
 * and emoji need them; other characters that cannot be shown, slashes and what is beyond 150 characters go.
 */
export function cleanName(name: string): string {
  const shown = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}/\\]+/gu, ' ')
    // Marks of direction and the like; the two joiners (U+200C, U+200D) make letters and emoji.
    .replace(/(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])\p{Cf}/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  const short = Array.from(shown).slice(0, LONGEST).join('').trim();
  return /^\.*$/.test(short) ? 'unnamed' : short;
}
