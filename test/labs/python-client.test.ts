import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { type Client, type Opened, open, readyResource } from '../sandbox/harness.ts';

/** Lists, and the models that Waldur's own client reads their rows with. */
const LISTS: Readonly<Record<string, string>> = {
  'marketplace-orders/': 'order_details.OrderDetails',
  'marketplace-provider-resources/': 'resource.Resource',
  'marketplace-resources/': 'resource.Resource',
  'marketplace-provider-offerings/': 'provider_offering_details.ProviderOfferingDetails',
  'marketplace-service-providers/': 'service_provider.ServiceProvider',
  'marketplace-component-usages/': 'component_usage.ComponentUsage',
  'marketplace-component-user-usages/': 'component_user_usage.ComponentUserUsage',
  'marketplace-resource-api-keys/': 'resource_api_key_status.ResourceApiKeyStatus',
  'marketplace-site-agent-identities/': 'agent_identity.AgentIdentity',
  'marketplace-site-agent-services/': 'agent_service.AgentService',
  'event-subscriptions/': 'event_subscription.EventSubscription',
  'backend-resource-requests/': 'backend_resource_req.BackendResourceReq',
  'backend-resources/': 'backend_resource.BackendResource',
};

interface Read {
  readonly model: string;
  readonly path: string;
  readonly body: unknown;
}

/** `PYTHONPATH` by name: the client that the agent of requirements.txt uses is in its own environment. */
const CLIENTS = { "the agent's": '', 'the newest': process.env['NEWEST_CLIENT'] ?? 'NEWEST_CLIENT is not set' };

// Python compiles two clients with a thousand modules each, beside other suites.
vi.setConfig({ testTimeout: 180_000 });

test("every response is one that Waldur's own clients can read", async () => {
  const opened = await open();
  const agent = opened.as();
  const resource = await readyResource(opened);
  opened.sandbox.placeOrder({ offering: FIXTURE.options });
  const answers: Read[] = [];
  const keep = (model: string, path: string, body: unknown): void => {
    const rows: readonly unknown[] = Array.isArray(body) ? body : [body];
    expect(rows, path).not.toEqual([]);
    answers.push(...rows.map((row) => ({ model, path, body: row })));
  };
  await populate(agent, resource, keep);
  await opened.control.post('import', { offering: FIXTURE.limit });
  for (const [path, model] of Object.entries(LISTS)) keep(model, path, (await agent.get(path)).body);
  const details = {
    [`marketplace-provider-resources/${resource}/`]: 'resource.Resource',
    [`marketplace-provider-resources/${resource}/team/`]: 'project_user.ProjectUser',
    [`marketplace-provider-resources/${resource}/plan_periods/`]: 'resource_plan_period.ResourcePlanPeriod',
    [`marketplace-provider-offerings/${FIXTURE.limit}/user-attribute-config/`]:
      'offering_user_attribute_config.OfferingUserAttributeConfig',
    [`marketplace-plans/${FIXTURE.plan}/`]: 'provider_plan_details.ProviderPlanDetails',
    'users/me/': 'user_me.UserMe',
    'version/': 'version.Version',
  };
  for (const [path, model] of Object.entries(details)) keep(model, path, (await agent.get(path)).body);
  keep('project.Project', 'projects/', (await opened.as('consumer').get('projects/')).body);

  const rotated = await rotateKey(opened, resource);
  for (const row of rotated) keep('resource_api_key_status.ResourceApiKeyStatus', 'an API key in between', row);

  for (const [name, PYTHONPATH] of Object.entries(CLIENTS)) {
    const python = spawnSync(join(process.env['PEER_BIN'] ?? '', 'python'), ['test/labs/peer/check_answers.py'], {
      input: JSON.stringify(answers),
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH },
    });
    expect([name, python.status, python.stdout, python.stderr]).toEqual([name, 0, '', '']);
  }
});

/** An API key while a rotation waits, and after it failed. */
async function rotateKey({ as, control }: Opened, resource: string): Promise<readonly unknown[]> {
  const keys = 'marketplace-resource-api-keys';
  const [key] = (await as().get(`${keys}/?resource_uuid=${resource}`)).body;
  await control.post('keys/rotate', { key: key.uuid });
  const waiting = (await as().get(`${keys}/${key.uuid}/`)).body;
  const failed = (await as().post(`${keys}/${key.uuid}/set_erred/`, { error_message: 'no' })).body;
  expect([waiting.state, failed.state]).toEqual(['Updating', 'Erred']);
  return [waiting, failed];
}

/** Something in every list, and what the writes return. */
async function populate(
  agent: Client,
  resource: string,
  keep: (model: string, path: string, body: unknown) => void,
): Promise<void> {
  const post = async (path: string, body: object, model?: string) => {
    const answer = await agent.post(path, body);
    expect(answer.status, `${path} ${answer.text}`).toBeLessThan(300);
    if (model !== undefined) keep(model, path, answer.body);
    return answer.body;
  };
  const offering = FIXTURE.limit;
  const date = new Date().toISOString();
  const own = `marketplace-provider-resources/${resource}`;
  await post(`${own}/set_endpoints/`, { endpoints: [{ name: 'S3', url: 'http://x' }] }, 'status.Status');
  await post(`${own}/set_limits/`, { limits: { storage: 5, objects: 6 } }, 'status.Status');
  const key = { resource, client_id: 'id', api_key: 'secret' };
  await post('marketplace-resource-api-keys/report_created/', key, 'resource_api_key_status.ResourceApiKeyStatus');
  await post('marketplace-component-usages/set_usage/', {
    resource,
    date,
    usages: [{ type: 'storage', amount: '1.5' }],
  });
  const [usage] = (await agent.get('marketplace-component-usages/')).body;
  const usages = [{ username: 'alice', usage: '1.00', date }];
  await post(`marketplace-component-usages/${usage.uuid}/set_user_usages/`, { usages });
  const identities = 'marketplace-site-agent-identities';
  const identity = await post(`${identities}/`, { offering, name: 'agent' }, 'agent_identity.AgentIdentity');
  const as = `${identities}/${identity.uuid}`;
  const service = await post(`${as}/register_service/`, { name: 's', mode: 'm' }, 'agent_service.AgentService');
  const processor = { name: 'p', backend_type: 'b', backend_version: '1' };
  const processors = `marketplace-site-agent-services/${service.uuid}/register_processor/`;
  await post(processors, processor, 'agent_processor.AgentProcessor');
  const queue = 'agent_queue_registration_response.AgentQueueRegistrationResponse';
  await post(`${as}/register_queue/`, { object_types: ['order'] }, queue);
  const subscribe = `${as}/register_event_subscription/`;
  const subscription = await post(subscribe, { observable_object_type: 'order' });
  const legacy = { offering_uuid: offering, object_type: 'order' };
  const queues = `event-subscriptions/${subscription.uuid}/create_queue/`;
  await post(queues, legacy, 'event_subscription_queue.EventSubscriptionQueue');
  const line = { agent_identity_uuid: identity.uuid, level: 'ERROR', message: 'm', timestamp: Date.now() / 1000 };
  await post('marketplace-site-agent-logs/', [line], 'site_agent_log.SiteAgentLog');
  await post('backend-resources/', { name: 'n', project: FIXTURE.project, offering, backend_id: 'b' });
  const unique = `marketplace-provider-offerings/${offering}/check_unique_backend_id/`;
  await post(unique, { backend_id: 'b' }, 'check_unique_backend_id_response.CheckUniqueBackendIDResponse');
}
