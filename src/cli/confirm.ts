import { ask, type Terminal } from './ask.ts';

/** Whether the person says yes; any other answer, and the end of the input, is no. Undefined without a terminal. */
export async function confirm(terminal: Terminal, question: string, signal: AbortSignal): Promise<boolean | undefined> {
  const answer = await ask(terminal, `${question} [y/N] `, signal);
  return answer === undefined ? undefined : /^y(es)?$/i.test(answer.trim());
}
