/** An answer that refuses; thrown by whatever handles a request. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  /** The admin API answers a few errors in XML. */
  readonly xml: boolean;

  constructor(code: string, message?: string, options: { readonly xml?: boolean } = {}) {
    const [status, text] = ERRORS[code] ?? [400, code];
    super(message ?? text);
    this.status = status;
    this.code = code;
    this.xml = options.xml ?? false;
  }
}

const NOT_ALLOWED = 'Specified IAM action is not allowed';
const NAME = 'Policy, user or group names are not allowed to begin or end with space characters';

/** Status and text by code, as a server of October 2025 answers them. */
const ERRORS: Readonly<Record<string, readonly [status: number, text: string]>> = {
  AccessDenied: [403, 'Access Denied.'],
  AllAccessDisabled: [403, 'All access to this resource has been disabled.'],
  AuthorizationParametersError: [400, 'Error parsing the Credential/X-Amz-Credential parameter; incorrect service.'],
  AuthorizationQueryParametersError: [400, 'X-Amz-Expires must be less than a week (in seconds).'],
  BadRequest: [400, '400 BadRequest'],
  BucketAlreadyOwnedByYou: [409, 'Your previous request to create the named bucket succeeded and you already own it.'],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed object size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed object size.'],
  InternalError: [500, 'We encountered an internal error, please try again.'],
  InvalidAccessKeyId: [403, 'The Access Key Id you provided does not exist in our records.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidPart: [400, 'One or more of the specified parts could not be found.'],
  InvalidRequest: [400, 'Invalid Request'],
  MalformedPolicy: [400, 'The policy must contain a valid version string'],
  MalformedXML: [400, 'The XML you provided was not well-formed.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist'],
  NoSuchTagSet: [404, 'The TagSet does not exist'],
  NoSuchUpload: [404, 'The specified multipart upload does not exist.'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented'],
  ObjectLockConfigurationNotFoundError: [404, 'Object Lock configuration does not exist for this bucket'],
  PolicyInvalidName: [400, 'Policy name may not contain comma'],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  SignatureDoesNotMatch: [403, 'The request signature we calculated does not match the signature you provided.'],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
  XMinioAdminBucketQuotaExceeded: [400, 'Bucket quota exceeded'],
  XMinioAdminConfigBadJSON: [400, 'JSON configuration provided is of incorrect format'],
  XMinioAdminConfigTooLarge: [400, 'Configuration data provided exceeds the allowed maximum of 262272 bytes'],
  XMinioAdminInvalidAccessKey: [400, 'The access key is invalid.'],
  XMinioAdminInvalidArgument: [400, 'Invalid arguments specified. (Invalid arguments specified)'],
  XMinioAdminInvalidSecretKey: [400, 'The secret key is invalid.'],
  XMinioAdminNoAccessKey: [400, 'No access key was provided.'],
  XMinioAdminNoSecretKey: [400, 'No secret key was provided.'],
  XMinioAdminNoSuchAccessKey: [404, 'The specified access key does not exist.'],
  XMinioAdminNoSuchPolicy: [404, 'The canned policy does not exist. (Specified canned policy does not exist)'],
  XMinioAdminNoSuchUser: [404, 'The specified user does not exist. (Specified user does not exist)'],
  XMinioAdminPolicyChangeAlreadyApplied: [400, 'The specified policy change is already in effect.'],
  XMinioAdminVersionMismatch: [426, "Server expects client requests with 'admin' API version 'v3'"],
  XMinioIAMActionNotAllowed: [403, NOT_ALLOWED],
  XMinioIAMPolicyInUse: [400, 'The policy cannot be removed, as it is in use'],
  XMinioIAMServiceAccountNotAllowed: [400, 'Specified service account action is not allowed'],
  XMinioIAMServiceAccountSessionPolicyTooLarge: [400, 'Session policy should not exceed 2048 characters'],
  XMinioInvalidIAMCredentials: [403, 'Credential is not allowed to be same as admin access key'],
  XMinioInvalidObjectName: [400, 'Object name contains unsupported characters.'],
  XMinioInvalidResource: [400, NAME],
  XMinioInvalidResourceName: [400, 'Resource name contains bad components such as ".." or ".".'],
  XMinioMalformedIAMPolicy: [400, 'unexpected EOF'],
};

export function noSuchServiceAccount(): Refusal {
  const refusal = new Refusal('XMinioInvalidIAMCredentials', 'The specified service account is not found');
  return Object.assign(refusal, { status: 404 });
}

export function disabled(): Refusal {
  return new Refusal('InvalidAccessKeyId', 'Your account is disabled; please contact your administrator.');
}
