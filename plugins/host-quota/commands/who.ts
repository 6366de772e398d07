import type { Subject } from '../devices/types.ts';
import { badWho } from '../errors.ts';
import { isName } from '../tools/argv.ts';
import { readId } from '../tools/parsed.ts';

/** Whose quota a command is about: `USER`, `group:NAME` or `project:ID`. */
export interface Who {
  readonly subject: Subject;
  /** A name, or an id for what has no name. */
  readonly key: string | number;
}

/** @throws AgentError terminal `HOST_QUOTA_BAD_NAME`. */
export function parseWho(text: string): Who {
  const [, kind, rest] = /^(user|group|project|subvolume):(.+)$/.exec(text) ?? [undefined, 'user', text];
  const subject = kind as Subject;
  const id = readId(rest);
  if (id !== undefined) return { subject, key: id };
  if ((subject === 'user' || subject === 'group') && rest !== undefined && isName(subject, rest)) {
    return { subject, key: rest };
  }
  throw badWho(text);
}
