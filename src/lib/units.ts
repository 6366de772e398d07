/** An exact decimal number: `digits / 10^scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const DECIMAL = /^([+-]?)(\d{1,30})(?:\.(\d{1,12}))?(?:[eE]\+?(\d{1,2}))?$/;

/**
 * A number or a decimal string as an exact value in base units: `toBaseUnits('0.5', 1073741824)` is `536870912n`.
 * Fractions of a base unit are cut off. Undefined for anything that is not a plain decimal number.
 */
export function toBaseUnits(value: unknown, factor: number): bigint | undefined {
  const amount = readDecimal(value);
  const unit = readDecimal(factor);
  if (amount === undefined || unit === undefined) return undefined;
  return (amount.digits * unit.digits) / 10n ** BigInt(amount.scale + unit.scale);
}

/**
 * A quantity of base units as an amount in units of `factor`, rounded half up to two decimals: Waldur refuses more, and
 * compares what it has with what it gets. `divisor` scales further, for example 86400 from byte seconds to byte days.
 */
export function toAmount(quantity: bigint, factor: number, divisor = 1n): string {
  const unit = readDecimal(factor);
  if (unit === undefined || unit.digits <= 0n) throw new RangeError(`unit factor ${factor} is not a positive number`);
  const numerator = quantity * 100n * 10n ** BigInt(unit.scale);
  const denominator = unit.digits * divisor;
  const cents = (2n * numerator + denominator) / (2n * denominator);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
}

/** An amount Waldur returned (a number or a string) in hundredths, for comparison. Undefined when it is neither. */
export function toCents(amount: unknown): bigint | undefined {
  const decimal = readDecimal(amount);
  if (decimal === undefined) return undefined;
  const scaled = decimal.digits * 1000n;
  const unit = 10n ** BigInt(decimal.scale);
  return (scaled / unit + 5n) / 10n;
}

const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** For people: `107374182400n` is `100 GiB`, `1610612736n` is `1.5 GiB`. */
export function formatBytes(bytes: bigint): string {
  let step = 0;
  let tenths = bytes * 10n;
  while (tenths >= 10240n && step < STEPS.length - 1) {
    tenths = (tenths + 512n) / 1024n;
    step++;
  }
  const fraction = tenths % 10n === 0n || step === 0 ? '' : `.${tenths % 10n}`;
  return `${tenths / 10n}${fraction} ${STEPS[step]}`;
}

function readDecimal(value: unknown): Decimal | undefined {
  if (typeof value === 'bigint') return { digits: value, scale: 0 };
  const text = typeof value === 'number' ? plainDigits(value) : typeof value === 'string' ? value.trim() : '';
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = fraction.length - Number(exponent);
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
  return shift >= 0 ? { digits, scale: shift } : { digits: digits * 10n ** BigInt(-shift), scale: 0 };
}

/** Small fractions print as 1e-7, which the grammar above does not take on purpose. */
function plainDigits(value: number): string {
  const text = String(value);
  return text.includes('e-') ? value.toFixed(12) : text;
}
