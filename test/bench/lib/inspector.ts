import { once } from 'node:events';
import WebSocket from 'ws';

/** What V8 says of another process that was started with `--inspect`. */
export interface Inspector {
  collectGarbage(): Promise<void>;
  /** The value of an expression that gives JSON. */
  evaluate(expression: string): Promise<unknown>;
  close(): void;
}

interface Answer {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
  readonly error?: { readonly message: string };
}

export async function openInspector(url: string): Promise<Inspector> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  let last = 0;
  const call = async (method: string, params: object): Promise<unknown> => {
    const id = ++last;
    socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [data] = (await once(socket, 'message')) as [Buffer];
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id !== id) continue;
      if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
      return answer.result?.result?.value;
    }
  };
  return {
    collectGarbage: async () => void (await call('HeapProfiler.collectGarbage', {})),
    evaluate: (expression) => call('Runtime.evaluate', { expression, returnByValue: true }),
    close: () => socket.close(),
  };
}
