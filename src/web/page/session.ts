import { useQuery } from '@tanstack/react-query';
import { ApiFailure, get } from './api.ts';

/** Who looks at the page, and what there is for them. */
export interface Session {
  /** Undefined without a login; on loopback operators need none. */
  readonly name: string | undefined;
  readonly isOperator: boolean;
  readonly hasLogin: boolean;
  /** A host-quota offering serves its API here. */
  readonly hasQuotas: boolean;
}

interface SessionAnswer {
  readonly person?: { readonly name: string; readonly isOperator: boolean } | null;
  readonly operator?: boolean;
  readonly login?: boolean;
}

export function useSession(): Session | undefined {
  return useQuery({ queryKey: ['session'], queryFn: ({ signal }) => readSession(signal), staleTime: 60_000 }).data;
}

async function readSession(signal: AbortSignal): Promise<Session> {
  const [answer, hasQuotas] = await Promise.all([
    get<SessionAnswer>('api/session', signal).catch(withoutLogin),
    get('api/health', signal).then(
      () => true,
      () => false,
    ),
  ]);
  const { person, login = false } = answer;
  return {
    name: person?.name,
    isOperator: person?.isOperator ?? answer.operator ?? !login,
    hasLogin: login,
    hasQuotas,
  };
}

/** An agent without a login has no such route. */
function withoutLogin(error: unknown): SessionAnswer {
  if (error instanceof ApiFailure && error.status === 404) return {};
  throw error;
}
