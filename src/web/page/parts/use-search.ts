import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Search } from './search.ts';

/** What the address says after `?`, and how to change it without a new entry in the history. */
export function usePageSearch(): readonly [Search, (change: Search) => void] {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback(
    (next: Search) => {
      void navigate({ to: '.', search: (before: Search) => ({ ...before, ...next }), replace: true });
    },
    [navigate],
  );
  return [search, change];
}
