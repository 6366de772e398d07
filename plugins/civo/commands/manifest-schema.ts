import type { JsonSchema } from '../../../src/plugin/contract.ts';

/** A bucket as the CivoBucket manifests of project-planton declare it. */
export interface Manifest {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly description?: string;
  };
  readonly spec: {
    readonly bucketName: string;
    readonly region: string;
    readonly maxSizeGb?: number;
    readonly versioningEnabled?: boolean;
    readonly tags?: readonly string[];
  };
}

export const manifestSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: { const: 'civo.project-planton.org/v1' },
    kind: { const: 'CivoBucket' },
    metadata: {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 150 },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        description: { type: 'string' },
      },
    },
    spec: {
      type: 'object',
      additionalProperties: false,
      required: ['bucketName', 'region'],
      properties: {
        bucketName: {
          type: 'string',
          pattern: '^(?=.{3,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
          'x-expected': '3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit',
        },
        region: {
          type: 'string',
          pattern: '^([A-Z0-9]{2,16}|[a-z0-9]{2,16})$',
          'x-expected': 'the code of a region, for example LON1',
        },
        maxSizeGb: { type: 'integer', minimum: 1 },
        versioningEnabled: { type: 'boolean' },
        tags: {
          type: 'array',
          uniqueItems: true,
          maxItems: 49,
          items: { type: 'string', pattern: '^[^:]{1,128}:.{0,256}$', 'x-expected': 'key:value' },
        },
      },
    },
  },
};
