/** What a consumer needs to use a store. */
export interface Outputs {
  readonly bucket: string;
  /** Origin of the S3 API. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export const OUTPUT_FORMS = ['env', 'k8s', 'rclone', 'aws', 's3cmd'] as const;
export type OutputForm = (typeof OUTPUT_FORMS)[number];

/** Settings of a client, as text that ends in a newline. Values are quoted as the form wants it. */
export function renderOutputs(form: OutputForm, outputs: Outputs): string {
  return `${FORMS[form](outputs).join('\n')}\n`;
}

const FORMS: Readonly<Record<OutputForm, (outputs: Outputs) => readonly string[]>> = {
  env: ({ bucket, endpoint, region, accessKey, secretKey }) => [
    `AWS_ACCESS_KEY_ID=${shell(accessKey)}`,
    `AWS_SECRET_ACCESS_KEY=${shell(secretKey)}`,
    `AWS_ENDPOINT_URL_S3=${shell(endpoint)}`,
    `AWS_REGION=${shell(region)}`,
    `BUCKET_NAME=${shell(bucket)}`,
  ],
  k8s: ({ bucket, endpoint, region, accessKey, secretKey }) => [
    'apiVersion: v1',
    'kind: Secret',
    'metadata:',
    `  name: ${JSON.stringify(`civo-bucket-${bucket}`.slice(0, 253))}`,
    'type: Opaque',
    'stringData:',
    `  AWS_ACCESS_KEY_ID: ${JSON.stringify(accessKey)}`,
    `  AWS_SECRET_ACCESS_KEY: ${JSON.stringify(secretKey)}`,
    `  AWS_ENDPOINT_URL_S3: ${JSON.stringify(endpoint)}`,
    `  AWS_REGION: ${JSON.stringify(region)}`,
    `  BUCKET_NAME: ${JSON.stringify(bucket)}`,
  ],
  rclone: ({ bucket, endpoint, region, accessKey, secretKey }) => [
    `[${bucket}]`,
    'type = s3',
    'provider = Ceph',
    `access_key_id = ${accessKey}`,
    `secret_access_key = ${secretKey}`,
    `endpoint = ${endpoint}`,
    `region = ${region}`,
    'force_path_style = true',
    // The bucket comes with the store.
    'no_check_bucket = true',
  ],
  aws: ({ bucket, endpoint, region, accessKey, secretKey }) => [
    `[profile ${bucket}]`,
    `aws_access_key_id = ${accessKey}`,
    `aws_secret_access_key = ${secretKey}`,
    `region = ${region}`,
    `endpoint_url = ${endpoint}`,
    's3 =',
    '  addressing_style = path',
  ],
  s3cmd: ({ endpoint, region, accessKey, secretKey }) => [
    '[default]',
    `access_key = ${accessKey}`,
    `secret_key = ${secretKey}`,
    `bucket_location = ${region}`,
    `host_base = ${new URL(endpoint).host}`,
    // Without the name of the bucket: path style.
    `host_bucket = ${new URL(endpoint).host}`,
    `use_https = ${endpoint.startsWith('https:') ? 'True' : 'False'}`,
    'signature_v2 = False',
  ],
};

function shell(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
