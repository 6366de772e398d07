import { useEffect, useState } from 'react';

/** The only source of time on the page. */
export function now(): Date {
  return new Date();
}

/** The time, again every so many milliseconds while the page is looked at. */
export function useNow(everyMs = 10_000): Date {
  const [at, setAt] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setAt(now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return at;
}
