import type { ReactNode } from 'react';

export type Tone = 'ok' | 'warning' | 'failed' | 'busy' | 'quiet';

const MARKS: Readonly<Record<Tone, string>> = { ok: '✓', warning: '!', failed: '✕', busy: '…', quiet: '·' };

/** A state in a word, with a mark that does not need colours. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={`status ${tone}`}>
      <span aria-hidden="true" className="mark">
        {MARKS[tone]}
      </span>
      {children}
    </span>
  );
}
