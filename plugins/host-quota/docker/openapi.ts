import type { JsonSchema } from '../../../src/plugin/contract.ts';
import { call, list, object, ref, TEXT, WHOLE } from '../openapi-parts.ts';

/** Of `docker/…` of both APIs. */

export const DOCKER_PARTS = {
  docker_container_bytes: WHOLE,
  docker_image_layer_bytes: WHOLE,
  docker_volume_bytes: WHOLE,
};
const NUMBER: JsonSchema = { type: 'number', minimum: 0 };
/** null is unknown, or none. */
const SIZE: JsonSchema = { type: ['integer', 'null'], minimum: 0 };
const TEXT_OR_NULL: JsonSchema = { type: ['string', 'null'] };
const OWNER = {
  uid: SIZE,
  host_user_name: TEXT_OR_NULL,
  attribution: { enum: ['override', 'label', 'audit', null] },
  needs_review: { type: 'boolean' },
} satisfies Readonly<Record<string, JsonSchema>>;
const EVIDENCE = object({ event: TEXT, at: NUMBER, uid: WHOLE, method: TEXT, text: TEXT });
const DETAIL = {
  kind: { enum: ['container', 'layer', 'volume'] },
  id: TEXT,
  name: TEXT,
  size_bytes: SIZE,
  ...OWNER,
  counts_for_limit: { type: 'boolean' },
  label: TEXT_OR_NULL,
  conflict: TEXT_OR_NULL,
  evidence: { oneOf: [{ type: 'null' }, EVIDENCE] },
} satisfies Readonly<Record<string, JsonSchema>>;

const SUMS = { total_bytes: WHOLE, attributed_bytes: WHOLE, unattributed_bytes: WHOLE };
const PULLER = { puller_uid: SIZE, puller_host_user_name: TEXT_OR_NULL };
const { uid: _, host_user_name: __, ...ATTRIBUTION } = OWNER;

export const dockerSchemas: Readonly<Record<string, JsonSchema>> = {
  DockerContainers: object({
    containers: list(
      object({
        container_id: TEXT,
        name: TEXT,
        image: TEXT,
        status: TEXT,
        created_at: TEXT_OR_NULL,
        size_bytes: SIZE,
        ...OWNER,
      }),
    ),
    ...SUMS,
  }),
  DockerVolumes: object({
    volumes: list(
      object({
        volume_name: TEXT,
        size_bytes: SIZE,
        ref_count: WHOLE,
        attribution_source: TEXT_OR_NULL,
        first_seen_at: TEXT_OR_NULL,
        ...OWNER,
      }),
    ),
    ...SUMS,
  }),
  DockerImages: object({
    images: list(object({ image_id: TEXT, tags: list(TEXT), size_bytes: SIZE, created: TEXT_OR_NULL, ...PULLER })),
    layers: list(
      object({
        layer_id: TEXT,
        size_bytes: SIZE,
        image_id: TEXT,
        first_puller_uid: SIZE,
        first_puller_host_user_name: TEXT_OR_NULL,
        creation_method: TEXT_OR_NULL,
        first_seen_at: TEXT_OR_NULL,
        ...ATTRIBUTION,
      }),
    ),
    total_image_bytes: WHOLE,
    total_layer_bytes: WHOLE,
    attributed_layer_bytes: WHOLE,
    unattributed_layer_bytes: WHOLE,
    layers_by_user: { type: 'object', additionalProperties: WHOLE },
  }),
  DockerDetail: object(DETAIL, { image: TEXT }),
  DockerInspect: object({
    inspect: { oneOf: [ref('DockerDetail'), object({ kind: TEXT, id: TEXT, layers: list(ref('DockerDetail')) })] },
  }),
  DockerReview: object(
    {
      ...DETAIL,
      reason: TEXT,
      nearby_socket_uses: list(object({ event: TEXT, at: NUMBER, uid: WHOLE, host_user_name: TEXT, program: TEXT })),
    },
    { image: TEXT },
  ),
  DockerQueue: object({
    items: list(
      object(
        { entity_type: { enum: ['container', 'image', 'volume'] }, unresolved_events: WHOLE, reason: TEXT },
        {
          container_id: TEXT,
          image_id: TEXT,
          volume_name: TEXT,
          created_at: TEXT_OR_NULL,
          first_seen_at: TEXT_OR_NULL,
          ...OWNER,
          ...PULLER,
        },
      ),
    ),
    total: WHOLE,
    page: WHOLE,
    page_size: WHOLE,
  }),
  DockerUsage: object({
    users: list(
      object({
        uid: WHOLE,
        host_user_name: TEXT,
        block_current: WHOLE,
        block_hard_limit: WHOLE,
        counted_bytes: WHOLE,
        ...DOCKER_PARTS,
        unknown_sizes: list(TEXT),
      }),
    ),
    unattributed: { oneOf: [{ type: 'null' }, object(DOCKER_PARTS)] },
    other_bytes: SIZE,
    items: list(ref('DockerDetail')),
  }),
  DockerOne: object({
    auto: { oneOf: [{ type: 'null' }, ref('DockerDetail')] },
    override: {
      oneOf: [
        { type: 'null' },
        object({ uid: WHOLE, host_user_name: TEXT, resolved_by: TEXT, resolved_at: TEXT_OR_NULL }),
      ],
    },
  }),
  DockerEvent: object({ at: NUMBER, type: TEXT, action: TEXT, id: TEXT }),
  DockerEvents: object({
    events: list(
      object({
        id: WHOLE,
        source: TEXT,
        event_ts: TEXT_OR_NULL,
        created_at: TEXT_OR_NULL,
        used_for_auto_attribution: { type: 'boolean' },
        payload: TEXT,
      }),
    ),
  }),
  DockerDecision: object({ status: TEXT, kind: TEXT, id: TEXT, uid: SIZE }),
};

const ATTRIBUTE = {
  post: call('Says whose a container, image or volume is', ref('DockerDecision')),
  delete: call('Leaves it to label and audit log again', ref('DockerDecision')),
};

type Paths = Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;

/** About everything, or with `entity_type` about what other managers ask for. */
const USAGE: JsonSchema = { oneOf: [ref('DockerUsage'), ref('DockerOne')] };
const QUEUE: JsonSchema = { oneOf: [list(ref('DockerReview')), ref('DockerQueue')] };
const EVENTS: JsonSchema = { oneOf: [list(ref('DockerEvent')), ref('DockerEvents')] };

function ofHost(base: string, where: string): Paths {
  return {
    [`${base}/containers`]: { get: call(`Containers${where} with their owners`, ref('DockerContainers')) },
    [`${base}/images`]: { get: call(`Images${where} with the owners of their layers`, ref('DockerImages')) },
    [`${base}/volumes`]: { get: call(`Volumes${where} with their owners`, ref('DockerVolumes')) },
    [`${base}/inspect`]: { get: call(`One of them${where}, with the evidence`, ref('DockerInspect')) },
    [`${base}/usage/attribution-detail`]: { get: call(`Who uses what${where}`, USAGE) },
  };
}

const byHost = (one: JsonSchema): JsonSchema => ({ oneOf: [ref('DockerAggregate'), one] });

export const dockerPaths: Paths = {
  ...ofHost('/remote-api/docker', ''),
  ...ofHost('/api/quotas/{host}/docker', ' of a host'),
  '/remote-api/docker/usage/review-queue': { get: call('What an operator should decide', QUEUE) },
  '/remote-api/docker/usage/events': { get: call('What the engine told lately', EVENTS) },
  '/remote-api/docker/usage/attribute': ATTRIBUTE,
  '/api/admin/docker/usage/attribution-detail': { get: call('Who uses what, by host', byHost(ref('DockerOne'))) },
  '/api/admin/docker/usage/review-queue': {
    get: call('What an operator should decide, by host', byHost(ref('DockerQueue'))),
  },
  '/api/admin/docker/usage/events': { get: call('What the engines told lately, by host', byHost(ref('DockerEvents'))) },
  '/api/admin/docker/usage/attribute': ATTRIBUTE,
};
