import type { AuditFiles } from '../../docker/audit/read-log.ts';

/** An audit log in memory that grows and is rotated. */
export interface MemoryAudit extends AuditFiles {
  append(bytes: Buffer | string): void;
  /** As auditd does: every file gets the next number. */
  rotate(): void;
}

export const AUDIT_LOG = '/var/log/audit/audit.log';

/** What auditd writes of one call: who made it, and with which arguments. */
export function eventLines(
  event: string,
  { argv, ...changes }: { argv: string; auid?: string; uid?: number; key?: string; success?: string; syscall?: number },
) {
  const { auid = '4294967295', uid = 1234, key = '"docker-client"', success = 'yes', syscall = 59 } = changes;
  const words = argv.split(' ').map((word, at) => `a${at}="${word}"`);
  return [
    `type=SYSCALL msg=audit(${event}): arch=c000003e syscall=${syscall} success=${success} exit=0 auid=${auid} uid=${uid} exe="/usr/bin/docker" key=${key}\n`,
    `type=EXECVE msg=audit(${event}): argc=${words.length} ${words.join(' ')}\n`,
  ].join('');
}

export function memoryAudit(piece = 4096): MemoryAudit {
  let inode = 100n;
  let files = [{ inode, bytes: Buffer.alloc(0) }];
  return {
    append: (bytes) => {
      const [first] = files;
      if (first !== undefined) first.bytes = Buffer.concat([first.bytes, Buffer.from(bytes)]);
    },
    rotate: () => {
      files = [{ inode: ++inode, bytes: Buffer.alloc(0) }, ...files];
    },
    open: async (path) => {
      const number = path === AUDIT_LOG ? 0 : Number(path.slice(AUDIT_LOG.length + 1));
      const file = files[number];
      if (file === undefined) return undefined;
      const { bytes } = file;
      return {
        inode: file.inode,
        size: bytes.length,
        modifiedAt: Number.MAX_SAFE_INTEGER,
        async *read(offset) {
          for (let at = offset; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
        },
        close: async () => undefined,
      };
    },
  };
}
