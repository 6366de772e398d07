import { isAgentError } from '../lib/errors.ts';

/** The kinds of failure that a person reacts to in different ways. */
export type FailureKind = 'failed' | 'unavailable' | 'refused' | 'config' | 'usage' | 'bug';

/** The kind of anything that was thrown. */
export function failureKind(error: unknown): FailureKind {
  if (!isAgentError(error)) return 'bug';
  if (error.code === 'USAGE') return 'usage';
  if (/^(CONFIG|PLUGIN)_/.test(error.code)) return 'config';
  switch (error.disposition) {
    case 'transient':
      return 'unavailable';
    case 'operator':
      return isRefusal(error) ? 'refused' : 'unavailable';
    case 'terminal':
      return 'failed';
    case 'bug':
      return 'bug';
  }
}

function isRefusal(error: { readonly code: string; readonly status: number | undefined }): boolean {
  return (
    error.status === 401 || error.status === 403 || /AUTH|CREDENTIAL|FORBIDDEN|DENIED|REFUSED|POLICY/.test(error.code)
  );
}
