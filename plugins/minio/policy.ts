import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import { readText } from './decode.ts';

/** What the policy of an account lets its keys do. */
export interface Grant {
  /** UUID of the owning resource. */
  readonly resource: string;
  readonly buckets: readonly string[];
  /** False takes uploads away and leaves reading and deleting, for an account that is over its quota. */
  readonly writable: boolean;
}

const OBJECT_ACTIONS = ['s3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];
/** Of buckets with versions. */
const VERSION_ACTIONS = ['s3:GetObjectVersion', 's3:DeleteObjectVersion'];
const BUCKET_ACTIONS = [
  's3:ListBucket',
  's3:GetBucketLocation',
  's3:ListBucketMultipartUploads',
  's3:ListBucketVersions',
];
/** A key may otherwise mint, change and remove service accounts of its user, and its secret. Measured. */
const DENIED = ['admin:CreateServiceAccount', 'admin:CreateUser', 'admin:RemoveServiceAccount'];

/** The policy of an account. The id of its first statement is the stamp: users have no field of their own for one. */
export function policyOf({ resource, buckets, writable }: Grant): JsonObject {
  const arn = (suffix: string): readonly string[] => buckets.map((bucket) => `arn:aws:s3:::${bucket}${suffix}`);
  const put = writable ? ['s3:PutObject'] : [];
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: `waldur${resource}`,
        Effect: 'Allow',
        Action: [...put, ...OBJECT_ACTIONS, ...VERSION_ACTIONS],
        Resource: arn('/*'),
      },
      { Effect: 'Allow', Action: BUCKET_ACTIONS, Resource: arn('') },
      { Effect: 'Deny', Action: DENIED },
    ],
  };
}

/** The resource whose policy it is; undefined for any other policy. */
export function stampOf(policy: Json | undefined): string | undefined {
  const ids = statementsOf(policy).flatMap(({ Sid: id }) => /^waldur([0-9a-f]{32})$/.exec(readText(id))?.[1] ?? []);
  return ids.length === 1 ? ids[0] : undefined;
}

/** The buckets it names. */
export function bucketsIn(policy: Json | undefined): readonly string[] {
  const arns = statementsOf(policy).flatMap(({ Resource: resource }) => listOf(resource));
  return [...new Set(arns.flatMap((arn) => /^arn:aws:s3:::([^/*]+)/.exec(arn)?.[1] ?? []))].sort();
}

export function isWritable(policy: Json | undefined): boolean {
  return statementsOf(policy).some(
    ({ Effect: effect, Action: action }) => effect === 'Allow' && listOf(action).includes('s3:PutObject'),
  );
}

/** Whether both mean the same: servers reorder actions at every reading, and drop empty members. */
export function samePolicy(a: Json | undefined, b: Json | undefined): boolean {
  return canonical(a) === canonical(b);
}

function canonical(policy: Json | undefined): string {
  return JSON.stringify(statementsOf(policy).map(canonicalStatement).sort());
}

/** Members in one order; a single text is a list of one, and the order in a list says nothing. */
function canonicalStatement(statement: JsonObject): string {
  const members = Object.entries(statement)
    .map(([name, value]) => [name, isListed(name) ? [...new Set(listOf(value))].sort() : value] as const)
    .filter(([, value]) => !isEmpty(value))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(members);
}

function isListed(name: string): boolean {
  return /^(Not)?(Action|Resource)$/.test(name);
}

function isEmpty(value: Json): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function listOf(value: Json | undefined): readonly string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.filter((item) => typeof item === 'string');
}

function statementsOf(policy: Json | undefined): readonly JsonObject[] {
  const statements = isJsonObject(policy) ? policy['Statement'] : undefined;
  return Array.isArray(statements) ? statements.filter(isJsonObject) : [];
}
