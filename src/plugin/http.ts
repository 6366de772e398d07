import type { HttpFactory, HttpOutcome } from '../lib/http.ts';

export interface PluginHttpDeps {
  /** `createHttp` of src/lib/http.ts. */
  readonly create: HttpFactory;
  /** What a plugin's own `userAgent` is appended to. */
  readonly userAgent: string;
  /** Metrics of every request of this backend. */
  readonly observe: (outcome: HttpOutcome) => void;
}

/**
 * HTTP as plugins get it: they choose the peer, its TLS and its headers, the agent says who it is and measures. Nothing
 * is registered as a secret here: signatures change with every request, and the scrubber would grow without end.
 */
export function pluginHttp({ create, userAgent, observe }: PluginHttpDeps): HttpFactory {
  return (options) =>
    create({
      ...options,
      userAgent: options.userAgent === undefined ? userAgent : `${userAgent} ${options.userAgent}`,
      observe: (outcome) => {
        observe(outcome);
        options.observe?.(outcome);
      },
    });
}
