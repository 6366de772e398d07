import { createInterface } from 'node:readline/promises';

/** A terminal with a person in front of it. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Returns what the person types, the empty text at the end of the input, and undefined where there is no terminal. */
export async function ask(terminal: Terminal, question: string, signal: AbortSignal): Promise<string | undefined> {
  if (terminal.input.isTTY !== true || terminal.output.isTTY !== true) return undefined;
  const prompt = createInterface(terminal);
  const ended = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  try {
    return await Promise.race([prompt.question(question, { signal }), ended]);
  } finally {
    prompt.close();
  }
}
