import type { Json } from '../lib/json.ts';
import type { SeededRandom } from './random.ts';

/** What goes wrong with a request; times in milliseconds. */
export type FaultAction =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** An object is sent as JSON, text as HTML, nothing as an empty body. */
      readonly body?: Json;
    }
  /** Before the headers. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Between the two halves of the body. */
  | { readonly kind: 'stall'; readonly ms: number }
  /** `after`: the write was applied, the client cannot know. */
  | { readonly kind: 'reset.before' | 'reset.after' }
  /** Half of the body; `length` says whether Content-Length admits it. */
  | { readonly kind: 'truncate'; readonly length?: 'correct' | 'wrong' }
  /** What proxies do to headers that they do not know. */
  | { readonly kind: 'withhold'; readonly headers: readonly string[] }
  | { readonly kind: 'badJson' }
  | { readonly kind: 'wrongType' | 'nullField'; readonly field: string }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: 301 | 302 }
  | { readonly kind: 'duplicate' | 'stalePage' | 'tokenExpire' }
  | { readonly kind: 'clockSkew'; readonly ms: number };

export interface FaultRule {
  readonly match?: {
    readonly method?: string;
    /** Exact, or with `*` for any text. */
    readonly path?: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly user?: string;
  };
  /** How often it strikes; without it every time. */
  readonly times?: number;
  /** Matching requests that pass first. */
  readonly after?: number;
  /** Probability per matching request, drawn from the seed. */
  readonly chance?: number;
  /** A function decides for each request; where it returns undefined, the rules after it decide. */
  readonly action: FaultAction | ((request: FaultedRequest) => FaultAction | undefined);
}

export interface FaultedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly user: string | undefined;
}

export interface Faults {
  readonly active: boolean;
  add(rule: FaultRule): void;
  clear(): void;
  /** The action for this request: the first rule that matches and is not spent. */
  strike(request: FaultedRequest): FaultAction | undefined;
}

export function createFaults(random: SeededRandom): Faults {
  let rules: { readonly rule: FaultRule; readonly path: RegExp | undefined; seen: number; struck: number }[] = [];
  return {
    get active() {
      return rules.length > 0;
    },
    add: (rule) => {
      const glob = rule.match?.path;
      const path = glob === undefined ? undefined : new RegExp(`^${glob.split('*').map(escapeRegExp).join('.*')}$`);
      rules.push({ rule, path, seen: 0, struck: 0 });
    },
    clear: () => {
      rules = [];
    },
    strike: (request) => {
      for (const entry of rules) {
        const { rule } = entry;
        if (!matches(rule, entry.path, request)) continue;
        if (rule.times !== undefined && entry.struck >= rule.times) continue;
        if (entry.seen++ < (rule.after ?? 0)) continue;
        if (rule.chance !== undefined && random.next() >= rule.chance) continue;
        const action = typeof rule.action === 'function' ? rule.action(request) : rule.action;
        if (action === undefined) continue;
        entry.struck++;
        return action;
      }
      return undefined;
    },
  };
}

function matches(rule: FaultRule, path: RegExp | undefined, request: FaultedRequest): boolean {
  const { match } = rule;
  if (match?.method !== undefined && match.method !== request.method) return false;
  if (match?.user !== undefined && match.user !== request.user) return false;
  if (path !== undefined && !path.test(request.path)) return false;
  if (match?.query === undefined) return true;
  const query = new URLSearchParams(request.query);
  return Object.entries(match.query).every(([name, value]) => query.getAll(name).includes(value));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
