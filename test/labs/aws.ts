import type { JsonObject } from '../../src/lib/json.ts';
import { credentialsOf, runAws } from './s3-tools.ts';

export interface AwsAnswer {
  readonly ok: boolean;
  readonly text: string;
  /** What the gateway refused it with; of its own the program chokes on answers without a message. */
  readonly code: string | undefined;
}

/** The AWS command line with what Waldur tells a consumer. */
export function awsOf(metadata: JsonObject): (...argv: readonly string[]) => Promise<AwsAnswer> {
  const aws = runAws(credentialsOf(metadata));
  return async (...argv) => {
    const { ok, output, said } = await aws('--debug', ...argv);
    return { ok, text: output.toString(), code: /<Code>(\w+)<\/Code>/.exec(said)?.[1] };
  };
}
