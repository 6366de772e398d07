import { badName } from '../errors.ts';

/** A name that may reach an argument vector. None begins with `-`, holds a blank, a control character or a shell sign. */
const NAMES = {
  dataset: /^[A-Za-z0-9](?!.*\/\/)[A-Za-z0-9_.:/-]{0,254}$/,
  user: /^(?!-)[A-Za-z0-9._-]{1,255}$/,
  group: /^(?!-)[A-Za-z0-9._-]{1,255}$/,
  container: /^[0-9a-f]{12,64}$/,
  'block device': /^\/dev(\/[A-Za-z0-9][A-Za-z0-9._+:-]*)+$/,
  path: /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+:,=~ -]+)+$|^\/$/,
} as const;

export type NameKind = keyof typeof NAMES;

export function isName(kind: NameKind, text: string): boolean {
  return text.length <= 1024 && NAMES[kind].test(text) && !(kind === 'dataset' && hasDots(text));
}

/** @throws AgentError terminal `HOST_QUOTA_BAD_NAME`. */
export function checkName(kind: NameKind, text: string): string {
  if (!isName(kind, text)) throw badName(kind, text);
  return text;
}

/**
 * The last guard before a program starts: no empty argument, none with a control character.
 *
 * @throws AgentError terminal `HOST_QUOTA_BAD_NAME`.
 */
export function checkArguments(program: string, args: readonly string[]): void {
  for (const arg of [program, ...args]) {
    if (arg === '' || arg.length > 4096 || /\p{Cc}/u.test(arg)) throw badName('argument', arg);
  }
}

function hasDots(dataset: string): boolean {
  return dataset.split('/').some((part) => part === '.' || part === '..' || part === '');
}
