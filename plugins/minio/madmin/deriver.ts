import { pbkdf2 } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../src/lib/clock.ts';

export type Kdf = 'argon2id' | 'pbkdf2';

/** Makes keys out of passwords. Argon2id runs in a thread of its own, one derivation at a time: each takes 64 MiB and 0.1 s. */
export interface Deriver {
  /** 32 bytes. Never cached: every message has another salt. */
  derive(kdf: Kdf, password: string, salt: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** How many keys were derived, and for how long the thread was busy with it, as far as it is still there. */
  load(): { readonly derivations: number; readonly busyMs: number };
  close(): Promise<void>;
}

/** Parameters of the format: time 1, 64 MiB, four lanes, version 0x13. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { argon2id } = require(workerData);
parentPort.on('message', async ({ password, salt }) => {
  try {
    const key = await argon2id({
      password, salt, iterations: 1, memorySize: 65536, parallelism: 4, hashLength: 32, outputType: 'binary',
    });
    parentPort.postMessage({ key });
  } catch (error) {
    parentPort.postMessage({ error: String(error) });
  }
});
`;

const IDLE_MS = 60_000;
const PBKDF2_ROUNDS = 8192;
const KEY_BYTES = 32;

type Answer = { readonly key: Uint8Array } | { readonly error: string };

/** The thread starts with the first derivation and ends a minute after the last, with the memory it took. */
export function createDeriver(clock: Clock): Deriver {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let stopIdle: (() => void) | undefined;
  let derivations = 0;

  function start(): Worker {
    const library = createRequire(import.meta.url).resolve('hash-wasm');
    // As text: a worker cannot load TypeScript, and the compiled file has another name than this one. No flags of ours:
    // those of the process may not be allowed in a thread.
    const started = new Worker(PROGRAM, { eval: true, workerData: library, execArgv: [] });
    started.once('exit', () => {
      if (worker === started) worker = undefined;
    });
    return started;
  }

  async function argon2id(password: string, salt: Uint8Array): Promise<Uint8Array> {
    stopIdle?.();
    worker ??= start();
    const running = worker;
    running.ref();
    try {
      const answer = await ask(running, { password, salt });
      if ('error' in answer) throw new Error(`Argon2id failed: ${answer.error}`);
      derivations++;
      return answer.key;
    } finally {
      running.unref();
      stopIdle = clock.after(IDLE_MS, () => void running.terminate());
    }
  }

  return {
    derive: async (kdf, password, salt, signal) => {
      signal.throwIfAborted();
      if (kdf === 'pbkdf2') {
        derivations++;
        return promisify(pbkdf2)(password, salt, PBKDF2_ROUNDS, KEY_BYTES, 'sha256');
      }
      const mine = last.then(() => {
        signal.throwIfAborted();
        return argon2id(password, salt);
      });
      last = mine.catch(() => undefined);
      // Whoever gives up does not wait for its turn.
      return orAborted(mine, signal);
    },
    load: () => ({ derivations, busyMs: worker?.performance.eventLoopUtilization().active ?? 0 }),
    close: async () => {
      stopIdle?.();
      await last;
      await worker?.terminate();
    },
  };
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  setMaxListeners(0, signal);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function ask(worker: Worker, question: { readonly password: string; readonly salt: Uint8Array }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      finish();
    };
    const onMessage = (answer: Answer): void => settle(() => resolve(answer));
    const onError = (error: Error): void => settle(() => reject(error));
    const onExit = (): void => settle(() => reject(new Error('the thread that derives keys has ended')));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(question);
  });
}
