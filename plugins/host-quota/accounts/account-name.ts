import { badName } from '../errors.ts';

/** useradd(8): at most 32 characters, and none that a shell or a report would read as something else. */
const NAME = /^[a-z_][a-z0-9_-]{0,31}$/;

/** @throws AgentError terminal `HOST_QUOTA_BAD_NAME`. */
export function checkAccountName(name: string): string {
  if (!NAME.test(name)) throw badName('user or directory', name);
  return name;
}
