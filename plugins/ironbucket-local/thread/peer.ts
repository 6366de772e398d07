import { AgentError, isAgentError } from '../../../src/lib/errors.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';

/** What one thread may ask of another one. */
export type Calls = Readonly<Record<string, (...args: never[]) => unknown>>;

/** How they are answered: the signal fires when whoever asked does not wait any more. */
export type Answers<C extends Calls> = {
  readonly [K in keyof C]: (args: Parameters<C[K]>, signal: AbortSignal) => Promise<ReturnType<C[K]>>;
};

/** The other thread. */
export interface Peer<C extends Calls> {
  /** @throws what the other thread throws: an AgentError as it was, anything else with its message and code */
  call<K extends keyof C & string>(name: K, args: Parameters<C[K]>, signal?: AbortSignal): Promise<ReturnType<C[K]>>;
  /** The other thread is gone: whatever waits for it fails with this. */
  end(error: Error): void;
}

/** A worker, or the port of one to whoever started it. */
export interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: Message) => void): unknown;
}

type Message =
  | { readonly kind: 'ask'; readonly id: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: Portable };

/** `answers` are for what the other thread asks. */
export function connectPeer<C extends Calls, A extends Calls>(port: Port, answers: Answers<A>): Peer<C> {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const asked = new Map<number, AbortController>();
  let next = 0;
  let ended: Error | undefined;

  async function answer(id: number, name: string, args: readonly unknown[]): Promise<void> {
    const cancelled = new AbortController();
    asked.set(id, cancelled);
    try {
      const result: unknown = await answers[name]?.(args as Parameters<A[string]>, cancelled.signal);
      port.postMessage({ kind: 'result', id, result } satisfies Message);
    } catch (error) {
      port.postMessage({ kind: 'failure', id, error: toPortable(error) } satisfies Message);
    } finally {
      asked.delete(id);
    }
  }

  port.on('message', (message) => {
    if (message.kind === 'ask') return void answer(message.id, message.name, message.args);
    if (message.kind === 'cancel') return asked.get(message.id)?.abort();
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'result') call?.resolve(message.result);
    else call?.reject(fromPortable(message.error));
  });

  async function call(name: string, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    if (ended !== undefined) throw ended;
    const id = ++next;
    const result = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    port.postMessage({ kind: 'ask', id, name, args } satisfies Message);
    if (signal === undefined) return await result;
    try {
      return await untilAborted(result, signal);
    } finally {
      if (waiting.delete(id)) port.postMessage({ kind: 'cancel', id } satisfies Message);
    }
  }

  return {
    call: async (name, args, signal) => (await call(name, args, signal)) as ReturnType<C[typeof name]>,
    end: (error) => {
      ended = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

/** An error as it goes from thread to thread, which errors themselves lose their fields on. */
export interface Portable {
  readonly message: string;
  readonly code: unknown;
  readonly stack: string | undefined;
  readonly agent: ConstructorParameters<typeof AgentError>[1] | undefined;
}

export function toPortable(thrown: unknown): Portable {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { message, stack } = error;
  const cause = error.cause === undefined ? undefined : toPortable(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (!isAgentError(error)) return { message, code, stack, agent: undefined };
  const { disposition, hint, retryAfterMs, status } = error;
  return { message, code, stack, agent: { code: error.code, disposition, hint, retryAfterMs, status, cause } };
}

export function fromPortable({ message, code, stack, agent }: Portable): Error {
  const error =
    agent === undefined
      ? Object.assign(new Error(message), code !== undefined && { code })
      : new AgentError(message, { ...agent, cause: agent.cause && fromPortable(agent.cause as Portable) });
  if (stack !== undefined) error.stack = stack;
  return error;
}
