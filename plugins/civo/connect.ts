import { isAgentError } from '../../src/lib/errors.ts';
import type { Http, HttpAnswer, HttpRequest } from '../../src/lib/http.ts';
import type { PluginContext } from '../../src/plugin/contract.ts';
import { explain, PEER } from './errors.ts';
import { isDebug, type Settings, tokenOf } from './settings.ts';
import { shareTokenBucket } from './token-bucket.ts';

/** HTTP to Civo's API at the rate of the token, which waits as long as the API asks for. */
export function connect({ http, settings, clock, log }: PluginContext<Settings>): Http {
  const token = tokenOf(settings);
  const bucket = shareTokenBucket(clock, token, settings.requests_per_second);
  const isLoud = isDebug(settings);
  const inner = http({
    baseUrl: `${settings.api_url.replace(/\/+$/, '')}/v2/`,
    peer: PEER,
    headers: async () => ({ authorization: `bearer ${token}` }),
    timeoutMs: settings.timeout * 1000,
    explain: (request, answer) => explain(request, answer, clock.now()),
  });

  async function send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const answered = await bucket.take(signal);
    const startedMs = clock.monotonicMs();
    const report = (outcome: number | string): void => {
      const { operation, method, path } = request;
      const ms = Math.round(clock.monotonicMs() - startedMs);
      // Neither headers nor bodies: they hold the token and the secrets of stores.
      log[isLoud ? 'info' : 'debug']({ operation, method, path, outcome, ms }, 'Civo answered');
    };
    try {
      const answer = await inner.request(request, signal);
      report(answer.status);
      return answer;
    } catch (error) {
      if (isAgentError(error)) {
        report(error.status ?? error.code);
        if (error.retryAfterMs !== undefined) bucket.pause(error.retryAfterMs);
      }
      throw error;
    } finally {
      answered();
    }
  }

  return {
    request: send,
    close: () => {
      bucket.release();
      inner.close();
    },
  };
}
