import type { Json, JsonObject } from '../lib/json.ts';

/** A response of the server. `body` undefined sends none: many actions return nothing, not even `{}`. */
export interface Reply {
  readonly status: number;
  readonly body?: Json | undefined;
  /** Sent as HTML instead of JSON: the error pages of proxies and of Django without debugging. */
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a handler to respond with an error. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reply: Reply;

  constructor(status: number, body: Json) {
    super(JSON.stringify(body));
    this.reply = { status, body };
  }
}

/** An uncaught exception in the server: HTML 500. */
export class ServerCrash extends Error {
  override readonly name = 'ServerCrash';
}

export function ok(body?: Json, status = 200): Reply {
  return { status, body };
}

/** A list without rows. */
export function noRows(): Reply {
  return { status: 200, body: [], headers: { 'X-Result-Count': '0' } };
}

export function status(text: string): Reply {
  return { status: 200, body: { status: text } };
}

export function html(code: number, title: string): Reply {
  const text = code === 404 ? 'The requested resource was not found on this server.' : '';
  return {
    status: code,
    html: `\n<!doctype html>\n<html lang="en">\n<head>\n  <title>${title}</title>\n</head>\n<body>\n  <h1>${title}</h1><p>${text}</p>\n</body>\n</html>\n`,
  };
}

export function invalid(body: JsonObject | readonly string[]): Refusal {
  return new Refusal(400, body);
}

export function required(field: string): Refusal {
  return invalid({ [field]: ['This field is required.'] });
}

export function forbidden(): Refusal {
  return new Refusal(403, { detail: 'You do not have permission to perform this action.' });
}

export function notFound(model: string): Refusal {
  return new Refusal(404, { detail: `No ${model} matches the given query.` });
}

export function conflict(detail: string): Refusal {
  return new Refusal(409, { detail });
}

export function wrongState(valid: readonly string[]): Refusal {
  return conflict(`Valid states for operation: ${valid.join(', ')}.`);
}
