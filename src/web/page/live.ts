import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ROOT } from './api.ts';

/** What is read again when something happens. */
const TOUCHED: Readonly<Record<string, readonly string[]>> = {
  journal: ['orders', 'order', 'overview', 'resources', 'resource'],
  standing: ['overview'],
  missed: ['orders', 'order', 'overview', 'resources', 'resource', 'health', 'plan'],
};
/** Many things happen at once: they are read together. */
const GATHER_MS = 250;

/** Reads again what the agent says has changed, while the page is open. The browser comes back by itself when it is cut off. */
export function useLive(isOperator: boolean): void {
  const client = useQueryClient();
  useEffect(() => (isOperator ? follow(client) : undefined), [client, isOperator]);
}

function follow(client: QueryClient): () => void {
  const source = new EventSource(new URL('api/events', ROOT));
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const readAgain = (): void => {
    timer = undefined;
    for (const key of waiting) void client.invalidateQueries({ queryKey: [key] });
    waiting.clear();
  };
  for (const [event, keys] of Object.entries(TOUCHED)) {
    source.addEventListener(event, () => {
      for (const key of keys) waiting.add(key);
      timer ??= setTimeout(readAgain, GATHER_MS);
    });
  }
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
