import { createInterface } from 'node:readline/promises';

/** A terminal with a person in front of it. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Whether the person says yes; anything else, and the end of the input, is no. Undefined where there is nobody to ask. */
export async function confirm(terminal: Terminal, question: string, signal: AbortSignal): Promise<boolean | undefined> {
  if (terminal.input.isTTY !== true || terminal.output.isTTY !== true) return undefined;
  const prompt = createInterface(terminal);
  const ended = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
