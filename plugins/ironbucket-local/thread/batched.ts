import type { MessagePort } from 'node:worker_threads';
import type { Message, MessageEnd } from './messages.ts';

/**
 * One end of the channel between two threads. What is sent in one turn of the event loop goes together: for a small request,
 * waking the other thread takes longer than what it says.
 */
export function batched(port: MessagePort): MessageEnd {
  let waiting: Message[] = [];
  let memory: ArrayBuffer[] = [];

  function flush(): void {
    port.postMessage(waiting, memory);
    waiting = [];
    memory = [];
  }

  return {
    postMessage: (message, moved = []) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push(message);
      memory.push(...moved);
    },
    onMessage: (listener) => {
      port.on('message', (messages: readonly Message[]) => messages.forEach(listener));
    },
    onClose: (listener) => {
      port.on('close', listener);
    },
  };
}
