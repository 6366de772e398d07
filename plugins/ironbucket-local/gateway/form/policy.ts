import { isJsonObject, type Json } from '../../../../src/lib/json.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';

/** How many bytes the file may have. */
export interface LengthRange {
  readonly least: number;
  readonly most: number;
}

/**
 * Whether the fields of a form are what its policy allows. Every field must be covered by a condition, so that a page
 * cannot add one. Source: "Creating a POST policy" of the S3 reference.
 *
 * @param policy base64, as its signature covers it
 * @throws S3Error `AccessDenied`, `InvalidPolicyDocument`
 */
export function requirePolicy(policy: string, fields: ReadonlyMap<string, string>, now: Date): LengthRange | undefined {
  const { expiration, conditions } = parse(policy);
  if (now >= expiration) throw denied('Policy expired.');
  const covered = new Set(UNCOVERED);
  let range: LengthRange | undefined;
  for (const condition of conditions) {
    const { operator, name, value } = readCondition(condition);
    if (operator === 'content-length-range') {
      range = { least: Number(name), most: Number(value) };
      continue;
    }
    covered.add(name);
    const actual = fields.get(name) ?? '';
    const holds = operator === 'eq' ? actual === value : actual.startsWith(value);
    if (!holds) throw denied(`Policy Condition failed: ["${operator}", "$${name}", "${value}"]`);
  }
  const extra = [...fields.keys()].find((name) => !covered.has(name) && !name.startsWith('x-ignore-'));
  if (extra !== undefined) throw denied(`Extra input fields: ${extra}`);
  return range;
}

/** What the signature itself says. */
const UNCOVERED = ['policy', 'signature', 'awsaccesskeyid', 'x-amz-signature', 'file'];

function parse(policy: string): { readonly expiration: Date; readonly conditions: readonly Json[] } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(policy, 'base64').toString());
  } catch {
    throw invalid();
  }
  if (!isJsonObject(value)) throw invalid();
  const { expiration, conditions } = value;
  const time = typeof expiration === 'string' ? new Date(expiration) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime()) || !Array.isArray(conditions)) throw invalid();
  return { expiration: time, conditions };
}

interface Condition {
  readonly operator: 'eq' | 'starts-with' | 'content-length-range';
  readonly name: string;
  readonly value: string;
}

function readCondition(condition: Json): Condition {
  if (Array.isArray(condition) && condition.length === 3) {
    const [operator, first, second] = condition;
    if (operator === 'content-length-range') {
      const [least, most] = [String(first), String(second)];
      if (/^\d{1,15}$/.test(least) && /^\d{1,15}$/.test(most)) return { operator, name: least, value: most };
    }
    const isText = typeof first === 'string' && typeof second === 'string' && first.startsWith('$');
    if (isText && (operator === 'eq' || operator === 'starts-with')) {
      return { operator, name: first.slice(1).toLowerCase(), value: second };
    }
  }
  const [entry, another] = isJsonObject(condition) ? Object.entries(condition) : [];
  if (entry === undefined || another !== undefined || typeof entry[1] !== 'string') throw invalid();
  return { operator: 'eq', name: entry[0].toLowerCase(), value: entry[1] };
}

function denied(why: string): S3Error {
  return new S3Error('AccessDenied', { message: `Invalid according to Policy: ${why}` });
}

function invalid(): S3Error {
  return new S3Error('InvalidPolicyDocument');
}
