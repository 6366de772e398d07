import type { AttributeRules } from '../../src/plugin/contract.ts';
import { normalize, POST_CONFIGURATION } from './post-configuration.ts';

/** What an order may say of a store beside its size. */
export const attributes: AttributeRules = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      bucket_name: {
        type: 'string',
        title: 'Bucket name',
        pattern: '^(?=.{3,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
        'x-expected': '3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit',
        description: 'Name of the bucket, unique among all buckets of Civo. Without it one is made from the project.',
      },
      versioning: { ...POST_CONFIGURATION.versioning, title: 'Versioning', 'x-changeable': true },
      tags: { ...POST_CONFIGURATION.tags, title: 'Tags', 'x-changeable': true },
      cors: { ...POST_CONFIGURATION.cors, title: 'CORS rules', 'x-changeable': true },
      lifecycle: { ...POST_CONFIGURATION.lifecycle, title: 'Lifecycle rules', 'x-changeable': true },
    },
  },
  normalize,
};
