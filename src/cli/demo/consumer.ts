import type { Http } from '../../lib/http.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

/** What a person does in the portal, over the same REST API. */
export interface Consumer {
  /** Both answer the UUID of the order that was placed. */
  order(body: JsonObject, signal: AbortSignal): Promise<string>;
  act(resource: string, action: 'update_options' | 'terminate', body: JsonObject, signal: AbortSignal): Promise<string>;
}

export function createConsumer(http: Http): Consumer {
  async function post(operation: string, path: string, body: Json, signal: AbortSignal): Promise<JsonObject> {
    const { body: answer } = await http.request({ operation, method: 'POST', path, body }, signal);
    return isJsonObject(answer) ? answer : {};
  }
  return {
    order: async (body, signal) => String((await post('consumer.order', 'marketplace-orders/', body, signal))['uuid']),
    act: async (resource, action, body, signal) => {
      const path = `marketplace-resources/${resource}/${action}/`;
      return String((await post(`consumer.${action}`, path, body, signal))['order_uuid']);
    },
  };
}
