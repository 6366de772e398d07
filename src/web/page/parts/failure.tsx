import type { FailureShape } from '../../api/shapes.ts';
import { Notice } from './loaded.tsx';

/** What went wrong, in the words of the agent: they are English. */
export function Failure({ error }: { readonly error: FailureShape | null }) {
  if (error === null) return null;
  return (
    <Notice kind="failed">
      <span lang="en">
        {error.message} <code>{error.code}</code>
        {error.hint !== null && <span className="hint">{error.hint}</span>}
      </span>
    </Notice>
  );
}
