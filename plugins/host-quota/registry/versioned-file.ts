import { join } from 'node:path';
import { busy } from '../errors.ts';
import type { RegistryFiles } from './registry-files.ts';

/** A text that several processes change: the agent, and commands beside it. */
export interface VersionedFile {
  /** The newest version; undefined before the first. `path` is for messages. */
  read(): Promise<{ readonly text: string | undefined; readonly path: string }>;
  /**
   * Replaces the newest version by what `next` makes of it, or leaves it where that is undefined. `next` is called again
   * when another program was faster, so that no change is lost.
   *
   * @throws AgentError transient `HOST_QUOTA_BUSY`, and what `next` throws.
   */
  change(next: (text: string | undefined, path: string) => string | undefined): Promise<void>;
}

export interface VersionedFileDeps {
  readonly files: RegistryFiles;
  readonly directory: string;
  /** `NAME-1.json` and so on. */
  readonly name: string;
  /** Differs from one writer to the next. */
  readonly token: string;
}

/** Versions that stay. */
const KEPT = 8;
/** Another program was faster every time. */
const ATTEMPTS = 100;

/**
 * Without a lock, which a death would leave behind: version n + 1 is a new name that only one writer can give. Old versions
 * stay for a while: a name that is free again is of a writer that slept through many of them, and it finds that out.
 */
export function createVersionedFile({ files, directory, name, token }: VersionedFileDeps): VersionedFile {
  const pathOf = (version: number): string => join(directory, `${name}-${version}.json`);
  const temporaryOf = (version: number): string => join(directory, `${name}-${version}.tmp-${token}`);
  const pattern = new RegExp(`^${name}-(\\d{1,15})\\.(json|tmp-[\\w-]+)$`);

  async function versions(kind: 'json' | 'tmp'): Promise<readonly (readonly [version: number, path: string])[]> {
    const all = (await files.names(directory)).map((file) => [pattern.exec(file), file] as const);
    return all.flatMap(([match, file]) =>
      match?.[2]?.startsWith(kind) === true ? [[Number(match[1]), join(directory, file)] as const] : [],
    );
  }

  async function newest(): Promise<number> {
    return Math.max(0, ...(await versions('json')).map(([version]) => version));
  }

  async function read(): Promise<{ readonly version: number; readonly text: string | undefined }> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const version = await newest();
      if (version === 0) return { version, text: undefined };
      const text = await files.read(pathOf(version));
      // Otherwise it was replaced since the directory was listed.
      if (text !== undefined) return { version, text };
    }
    throw busy(`the registry in ${directory}`, 'it changes too often');
  }

  async function publish(version: number, text: string): Promise<boolean> {
    await files.makeDirectory(directory);
    await files.remove(temporaryOf(version));
    await files.write(temporaryOf(version), text);
    const isFirst = await files.link(temporaryOf(version), pathOf(version));
    await files.remove(temporaryOf(version));
    if (!isFirst) return false;
    const oldest = (await newest()) - KEPT;
    if (version <= oldest) {
      await files.remove(pathOf(version));
      return false;
    }
    for (const [old, path] of await versions('json')) if (old <= oldest) await files.remove(path);
    // What dead writers left. A living one fails to link, and repeats.
    for (const [old, path] of await versions('tmp')) if (old <= oldest) await files.remove(path);
    return true;
  }

  return {
    read: async () => {
      const { version, text } = await read();
      return { text, path: pathOf(version) };
    },
    change: async (next) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { version, text } = await read();
        const after = next(text, pathOf(version));
        if (after === undefined || (await publish(version + 1, after))) return;
      }
      throw busy(`the registry in ${directory}`, 'it changes too often');
    },
  };
}
