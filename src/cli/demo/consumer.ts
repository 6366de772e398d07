import type { Http } from '../../lib/http.ts';
import { toUuid } from '../../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

/** What a person does in the portal, over the same REST API. */
export interface Consumer {
  /** Both answer the UUID of the order that was placed. */
  order(body: JsonObject, signal: AbortSignal): Promise<string>;
  act(resource: string, action: 'update_options' | 'terminate', body: JsonObject, signal: AbortSignal): Promise<string>;
}

export function createConsumer(http: Http): Consumer {
  async function post(path: string, body: Json, key: 'uuid' | 'order_uuid', signal: AbortSignal): Promise<string> {
    const operation = `consumer.${path.split('/').at(-2)}`;
    const { body: answer } = await http.request({ operation, method: 'POST', path, body }, signal);
    const uuid = isJsonObject(answer) ? toUuid(answer[key]) : undefined;
    if (uuid === undefined) throw new Error(`the sandbox answered ${path} without ${key}`);
    return uuid;
  }
  return {
    order: (body, signal) => post('marketplace-orders/', body, 'uuid', signal),
    act: (resource, action, body, signal) => {
      return post(`marketplace-resources/${resource}/${action}/`, body, 'order_uuid', signal);
    },
  };
}
