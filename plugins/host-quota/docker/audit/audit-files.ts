import { type FileHandle, open } from 'node:fs/promises';
import { auditUnreadable } from '../errors.ts';
import type { AuditFile, AuditFiles } from './read-log.ts';

const PIECE = 262_144;

/** The files of this machine. @throws AgentError operator `HOST_QUOTA_AUDIT` for one that may not be read. */
export const nodeAuditFiles: AuditFiles = {
  open: async (path) => {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const { ino, size, mtimeMs } = await handle.stat({ bigint: true });
      return fileOf(handle, { inode: ino, size: Number(size), modifiedAt: Number(mtimeMs) });
    } catch (error) {
      await handle?.close();
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw auditUnreadable(path, error);
    }
  },
};

function fileOf(handle: FileHandle, facts: Pick<AuditFile, 'inode' | 'size' | 'modifiedAt'>): AuditFile {
  return {
    ...facts,
    async *read(offset, signal) {
      const piece = Buffer.alloc(PIECE);
      for (let at = offset; at < facts.size; ) {
        signal.throwIfAborted();
        const { bytesRead } = await handle.read(piece, 0, Math.min(PIECE, facts.size - at), at);
        if (bytesRead === 0) return;
        yield Buffer.from(piece.subarray(0, bytesRead));
        at += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}
