import { builtinNames } from '../plugin/registry.ts';
import { readRevision, VERSION } from './version.ts';

/** What is installed, as a bug report needs it. */
export interface VersionInfo {
  readonly version: string;
  /** Empty when it is not known. */
  readonly revision: string;
  readonly node: string;
  /** Ids of the built-in plugins. */
  readonly plugins: readonly string[];
}

export function describeVersion(env: Readonly<Record<string, string | undefined>>): VersionInfo {
  return {
    version: VERSION,
    revision: readRevision(env),
    node: process.versions.node,
    plugins: builtinNames.map(({ id }) => id),
  };
}

export function renderVersion({ version, revision, node, plugins }: VersionInfo): string {
  return `waldur-storage-agent ${version} (revision ${revision || 'unknown'})\nNode.js ${node}\nplugins: ${plugins.join(', ')}\n`;
}
