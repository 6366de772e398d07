/** Decimals with two digits after the point, as Waldur stores amounts, in exact hundredths. */

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;
const MOST_DIGITS = 20;

export type Decimal = { readonly cents: bigint } | { readonly problem: string };

/** Django's checks, in its order and with its words. */
export function parseDecimal(value: unknown): Decimal {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const match = DECIMAL.exec(text);
  const [, sign = '', whole = '', fraction = ''] = match ?? [];
  if (match === null || whole + fraction === '') return { problem: 'A valid number is required.' };
  if (whole.replace(/^0+/, '').length + fraction.length > MOST_DIGITS) {
    return { problem: 'Ensure that there are no more than 20 digits in total.' };
  }
  if (fraction.length > 2) return { problem: 'Ensure that there are no more than 2 decimal places.' };
  if (whole.replace(/^0+/, '').length > MOST_DIGITS - 2) {
    return { problem: 'Ensure that there are no more than 18 digits before the decimal point.' };
  }
  const cents = BigInt((whole || '0') + fraction.padEnd(2, '0'));
  return { cents: sign === '-' ? -cents : cents };
}

export function formatCents(cents: bigint): string {
  const absolute = cents < 0n ? -cents : cents;
  return `${cents < 0n ? '-' : ''}${absolute / 100n}.${String(absolute % 100n).padStart(2, '0')}`;
}

export function centsToNumber(cents: bigint): number {
  return Number(cents) / 100;
}
