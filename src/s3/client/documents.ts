import { childrenOf, childText, type XmlElement } from '../xml/parse.ts';
import { element, type Markup } from '../xml/write.ts';
import { configuration } from './buckets.ts';
import type { S3Caller } from './call.ts';
import { absentIsUndefined, readAnswer } from './explain.ts';

export type Versioning = 'Enabled' | 'Suspended';
export type Tags = Readonly<Record<string, string>>;

export interface CorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers?: readonly string[];
  readonly exposed?: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** A rule for all objects under a prefix. Days count from the creation of what they speak of. */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly enabled: boolean;
  readonly expireDays?: number;
  readonly expireNoncurrentDays?: number;
  readonly abortUploadsDays?: number;
}

/** The configuration documents of a bucket. Reading an absent one gives undefined; an empty list removes it. */
export interface S3Documents {
  versioning(bucket: string, signal: AbortSignal): Promise<Versioning | undefined>;
  setVersioning(bucket: string, state: Versioning, signal: AbortSignal): Promise<void>;
  tags(bucket: string, signal: AbortSignal): Promise<Tags>;
  setTags(bucket: string, tags: Tags, signal: AbortSignal): Promise<void>;
  cors(bucket: string, signal: AbortSignal): Promise<readonly CorsRule[]>;
  setCors(bucket: string, rules: readonly CorsRule[], signal: AbortSignal): Promise<void>;
  lifecycle(bucket: string, signal: AbortSignal): Promise<readonly LifecycleRule[]>;
  setLifecycle(bucket: string, rules: readonly LifecycleRule[], signal: AbortSignal): Promise<void>;
  /** Whether versions can be locked. */
  objectLock(bucket: string, signal: AbortSignal): Promise<boolean>;
  /** As it was put; undefined without one. */
  policy(bucket: string, signal: AbortSignal): Promise<string | undefined>;
  /** A policy can deny its own owner everything else. */
  removePolicy(bucket: string, signal: AbortSignal): Promise<void>;
}

export function documentsOf({ call }: S3Caller): S3Documents {
  const read = async (bucket: string, name: string, root: string, signal: AbortSignal) => {
    const operation = `s3.get-${name}`;
    const asked = call({ operation, method: 'GET', target: { bucket }, query: { [name]: '' } }, signal);
    const answer = await absentIsUndefined(asked);
    return answer === undefined ? undefined : readAnswer(operation, String(answer.body), root);
  };
  const write = async (bucket: string, name: string, body: string, signal: AbortSignal): Promise<void> => {
    await call({ operation: `s3.put-${name}`, method: 'PUT', target: { bucket }, query: { [name]: '' }, body }, signal);
  };
  const remove = async (bucket: string, name: string, signal: AbortSignal): Promise<void> => {
    const operation = `s3.remove-${name}`;
    await absentIsUndefined(call({ operation, method: 'DELETE', target: { bucket }, query: { [name]: '' } }, signal));
  };
  return {
    versioning: async (bucket, signal) => {
      const root = await read(bucket, 'versioning', 'VersioningConfiguration', signal);
      const status = root && childText(root, 'Status')?.trim();
      return status === 'Enabled' || status === 'Suspended' ? status : undefined;
    },
    setVersioning: (bucket, state, signal) =>
      write(bucket, 'versioning', configuration('VersioningConfiguration', [element('Status', state)]), signal),
    tags: async (bucket, signal) => {
      const [set] = itemsOf(await read(bucket, 'tagging', 'Tagging', signal), 'TagSet');
      const tags = itemsOf(set, 'Tag').map((tag) => [childText(tag, 'Key') ?? '', childText(tag, 'Value') ?? '']);
      return Object.fromEntries(tags) as Tags;
    },
    setTags: (bucket, tags, signal) => {
      const set = Object.entries(tags).map(([key, value]) =>
        element('Tag', [element('Key', key), element('Value', value)]),
      );
      if (set.length === 0) return remove(bucket, 'tagging', signal);
      return write(bucket, 'tagging', configuration('Tagging', [element('TagSet', set)]), signal);
    },
    cors: async (bucket, signal) =>
      itemsOf(await read(bucket, 'cors', 'CORSConfiguration', signal), 'CORSRule').map(readCors),
    setCors: (bucket, rules, signal) => {
      if (rules.length === 0) return remove(bucket, 'cors', signal);
      return write(bucket, 'cors', configuration('CORSConfiguration', rules.map(corsXml)), signal);
    },
    lifecycle: async (bucket, signal) =>
      itemsOf(await read(bucket, 'lifecycle', 'LifecycleConfiguration', signal), 'Rule').map(readLifecycle),
    setLifecycle: (bucket, rules, signal) => {
      if (rules.length === 0) return remove(bucket, 'lifecycle', signal);
      return write(bucket, 'lifecycle', configuration('LifecycleConfiguration', rules.map(lifecycleXml)), signal);
    },
    objectLock: async (bucket, signal) => {
      const root = await read(bucket, 'object-lock', 'ObjectLockConfiguration', signal);
      return root !== undefined && childText(root, 'ObjectLockEnabled')?.trim() === 'Enabled';
    },
    policy: async (bucket, signal) => {
      const operation = 's3.get-policy';
      const asked = call({ operation, method: 'GET', target: { bucket }, query: { policy: '' } }, signal);
      const answer = await absentIsUndefined(asked);
      return answer && String(answer.body);
    },
    removePolicy: (bucket, signal) => remove(bucket, 'policy', signal),
  };
}

function itemsOf(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return parent === undefined ? [] : childrenOf(parent, name);
}

function textsOf(parent: XmlElement, name: string): readonly string[] {
  return childrenOf(parent, name).map(({ text }) => text.trim());
}

/** A whole number in an element of this name, perhaps inside another one. */
function numberIn(parent: XmlElement | undefined, name: string): number | undefined {
  const text = parent && childText(parent, name)?.trim();
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function readCors(rule: XmlElement): CorsRule {
  const maxAgeSeconds = numberIn(rule, 'MaxAgeSeconds');
  return {
    origins: textsOf(rule, 'AllowedOrigin'),
    methods: textsOf(rule, 'AllowedMethod'),
    headers: textsOf(rule, 'AllowedHeader'),
    exposed: textsOf(rule, 'ExposeHeader'),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
  };
}

function corsXml({ origins, methods, headers = [], exposed = [], maxAgeSeconds }: CorsRule): Markup {
  const each = (name: string, texts: readonly string[]): readonly Markup[] => texts.map((text) => element(name, text));
  return element('CORSRule', [
    ...each('AllowedOrigin', origins),
    ...each('AllowedMethod', methods),
    ...each('AllowedHeader', headers),
    ...each('ExposeHeader', exposed),
    maxAgeSeconds === undefined ? undefined : element('MaxAgeSeconds', maxAgeSeconds),
  ]);
}

const ACTIONS = {
  expireDays: ['Expiration', 'Days'],
  expireNoncurrentDays: ['NoncurrentVersionExpiration', 'NoncurrentDays'],
  abortUploadsDays: ['AbortIncompleteMultipartUpload', 'DaysAfterInitiation'],
} as const;

function readLifecycle(rule: XmlElement): LifecycleRule {
  const [filter] = childrenOf(rule, 'Filter');
  const days = Object.entries(ACTIONS).flatMap(([field, [action, name]]) => {
    const value = numberIn(childrenOf(rule, action)[0], name);
    return value === undefined ? [] : [[field, value] as const];
  });
  return {
    id: childText(rule, 'ID')?.trim() ?? '',
    prefix: (filter && childText(filter, 'Prefix')) ?? childText(rule, 'Prefix') ?? '',
    enabled: childText(rule, 'Status')?.trim() === 'Enabled',
    ...Object.fromEntries(days),
  };
}

function lifecycleXml(rule: LifecycleRule): Markup {
  const actions = Object.entries(ACTIONS).map(([field, [action, name]]) => {
    const days = rule[field as keyof typeof ACTIONS];
    return days === undefined ? undefined : element(action, [element(name, days)]);
  });
  return element('Rule', [
    element('ID', rule.id),
    element('Filter', [element('Prefix', rule.prefix)]),
    element('Status', rule.enabled ? 'Enabled' : 'Disabled'),
    ...actions,
  ]);
}
