import { formatBytes } from '../../../src/lib/units.ts';
import { badAmount } from '../errors.ts';

const UNITS: Readonly<Record<string, bigint>> = { '': 1n, K: 1n, M: 1024n, G: 1024n ** 2n, T: 1024n ** 3n };

/** `20G` as blocks of 1 KiB; `none` and 0 are no limit. Units are powers of 1024; without one it is KiB. */
export function parseSpace(option: string, text: string): bigint {
  if (text === 'none') return 0n;
  const [, digits, unit = ''] = /^(\d{1,15})([KMGT]?)(?:iB)?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (digits === undefined || factor === undefined) throw badAmount(option, text);
  return BigInt(digits) * factor;
}

export function parseCount(option: string, text: string): bigint {
  if (text === 'none') return 0n;
  if (!/^\d{1,15}$/.test(text)) throw badAmount(option, text);
  return BigInt(text);
}

export function showBlocks(blocks: bigint): string {
  return blocks === 0n ? '-' : formatBytes(blocks * 1024n);
}

export function showCount(count: bigint): string {
  return count === 0n ? '-' : String(count);
}
