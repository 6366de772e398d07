import type { Use } from './join.ts';

export type Verb = 'create' | 'pull' | 'build' | 'tag' | 'commit' | 'import' | 'load' | 'volume';

/** What a person asked a Docker client for, as far as it tells objects apart. */
export interface ClientUse {
  readonly event: string;
  /** Epoch seconds. */
  readonly at: number;
  readonly uid: number;
  readonly verb: Verb;
  /** Of the container or volume that is made, or committed; undefined when the engine chooses one. */
  readonly name: string | undefined;
  /** Images that are named, in full form. */
  readonly refs: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** What was done with which name and image, for a person who reviews it; the rest of a command line may hold secrets. */
  readonly text: string;
}

const LONGEST_TEXT = 200;

/** Undefined for a use that creates nothing, or that cannot be told: `docker compose up`. */
export function clientUseOf({ event, at, uid, argv = [] }: Use): ClientUse | undefined {
  const command = commandIn(argv);
  if (command === undefined) return undefined;
  const { verb, args } = command;
  const { options, positionals } = readOptions(args, FLAGS[verb], verb === 'create');
  const labels: Record<string, string> = {};
  for (const label of [...(options.get('label') ?? []), ...(options.get('l') ?? [])]) {
    const equals = label.indexOf('=');
    labels[equals < 0 ? label : label.slice(0, equals)] = equals < 0 ? '' : label.slice(equals + 1);
  }
  const name = nameOf(verb, positionals, options);
  const refs = refsOf(verb, positionals, options);
  // The labels of a build are those of the image, not of a container.
  const isLabelled = verb === 'create' || verb === 'volume';
  const words = ['docker', verb === 'create' ? 'run' : verb, ...(name === undefined ? [] : [name]), ...refs];
  return {
    event,
    at,
    uid,
    verb,
    name,
    refs: refs.map(fullRef),
    labels: isLabelled ? labels : {},
    text: words
      .join(' ')
      .replaceAll(/\p{Cc}/gu, ' ')
      .slice(0, LONGEST_TEXT),
  };
}

function nameOf(verb: Verb, [first]: readonly string[], options: Options): string | undefined {
  if (verb === 'create') return options.get('name')?.at(-1);
  return verb === 'commit' || verb === 'volume' ? first : undefined;
}

function refsOf(verb: Verb, positionals: readonly string[], options: Options): readonly string[] {
  const last = (at: number): readonly string[] => positionals.slice(at, at + 1);
  switch (verb) {
    case 'create':
    case 'pull':
      return last(0);
    case 'commit':
    case 'import':
    case 'tag':
      return last(1);
    case 'build':
      return [...(options.get('tag') ?? []), ...(options.get('t') ?? [])];
    case 'load':
    case 'volume':
      return [];
  }
}

/** `nginx` as `docker.io/library/nginx:latest`, so that two ways to write one image are equal. */
export function fullRef(ref: string): string {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(ref)) return ref.replace('sha256:', '');
  const [path = '', digest] = ref.split('@');
  const [first = '', ...rest] = path.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = isHost && first !== 'index.docker.io' ? first : 'docker.io';
  const inside = isHost ? rest.join('/') : path;
  const named = host === 'docker.io' && !inside.includes('/') ? `library/${inside}` : inside;
  if (digest !== undefined) return `${host}/${named.replace(/:[^:/]*$/, '')}@${digest}`;
  return `${host}/${/:[^/]*$/.test(named) ? named : `${named}:latest`}`;
}

const VERBS: Readonly<Record<string, Verb>> = {
  run: 'create',
  create: 'create',
  pull: 'pull',
  build: 'build',
  tag: 'tag',
  commit: 'commit',
  import: 'import',
  load: 'load',
};
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  container: ['run', 'create', 'commit'],
  image: ['pull', 'build', 'tag', 'import', 'load'],
  buildx: ['build', 'b'],
  builder: ['build'],
};
const GLOBAL_FLAGS = new Set(['D', 'debug', 'tls', 'tlsverify', 'v', 'version', 'help']);

function commandIn(argv: readonly string[]): { readonly verb: Verb; readonly args: readonly string[] } | undefined {
  const { positionals: words } = readOptions(argv.slice(1), GLOBAL_FLAGS, true);
  const [first = '', second = ''] = words;
  if (first === 'volume') return second === 'create' ? { verb: 'volume', args: words.slice(2) } : undefined;
  const group = Object.hasOwn(GROUPS, first) ? GROUPS[first] : undefined;
  const [word, args] = group === undefined ? [first, words.slice(1)] : [second, words.slice(2)];
  if (group !== undefined && !group.includes(word)) return undefined;
  const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : first === 'buildx' ? 'build' : undefined;
  return verb === undefined ? undefined : { verb, args };
}

/** Options without a value, by verb (`docker VERB --help` of 20.10 and 27); every other one takes one. */
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const FLAGS: Readonly<Record<Verb, ReadonlySet<string>>> = {
  create: words(
    'd detach i interactive t tty rm privileged P publish-all init read-only no-healthcheck oom-kill-disable sig-proxy disable-content-trust q quiet help use-api-socket',
  ),
  pull: words('a all-tags q quiet disable-content-trust help'),
  build: words(
    'compress force-rm no-cache pull q quiet rm squash stream load push disable-content-trust D debug check help',
  ),
  tag: words('help'),
  commit: words('p pause no-pause help'),
  import: words('help'),
  load: words('q quiet help'),
  volume: words('help'),
};

type Options = ReadonlyMap<string, readonly string[]>;

/**
 * Options and the words that are none, as pflag reads them: `--a b`, `--a=b`, `-ab`, `-a b`, `-a=b`.
 *
 * @param stops whether everything after the first word belongs to another command
 */
function readOptions(
  args: readonly string[],
  flags: ReadonlySet<string>,
  stops: boolean,
): { readonly options: Options; readonly positionals: readonly string[] } {
  const options = new Map<string, string[]>();
  const positionals: string[] = [];
  const put = (name: string, value: string): void => void options.set(name, [...(options.get(name) ?? []), value]);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return { options, positionals: [...positionals, ...args.slice(at + 1)] };
    if (!arg.startsWith('-') || arg === '-') {
      if (stops) return { options, positionals: args.slice(at) };
      positionals.push(arg);
    } else if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = arg.slice(2, equals < 0 ? undefined : equals);
      if (equals >= 0) put(name, arg.slice(equals + 1));
      else if (!flags.has(name)) put(name, args[++at] ?? '');
    } else {
      let cluster = arg.slice(1);
      while (cluster !== '') {
        const [name = ''] = cluster;
        cluster = cluster.slice(1);
        if (flags.has(name)) {
          if (cluster.startsWith('=')) cluster = '';
          continue;
        }
        put(name, cluster === '' ? (args[++at] ?? '') : cluster.replace(/^=/, ''));
        cluster = '';
      }
    }
  }
  return { options, positionals };
}
