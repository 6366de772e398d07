import { childrenOf, childText, malformed, parseXml, type XmlElement } from '../../../src/s3/xml/parse.ts';

/** Which pages of other sites may ask what. Source: "CORS configuration" of the S3 user guide. */
export interface CorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly maxAgeSeconds: string | undefined;
}

export interface CorsRequest {
  readonly origin: string;
  readonly method: string;
  /** In lower case. */
  readonly headers: readonly string[];
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD']);
const MOST_RULES = 100;

/** @throws S3Error `MalformedXML` */
export function readCors(text: string): readonly CorsRule[] {
  const root = parseXml(text);
  const rules = childrenOf(root, 'CORSRule');
  if (root.name !== 'CORSConfiguration' || rules.length === 0 || rules.length > MOST_RULES) throw malformed();
  return rules.map(readRule);
}

/** The headers of an answer to a page of another site; undefined when no rule allows it. */
export function corsHeaders(
  rules: readonly CorsRule[],
  request: CorsRequest,
): Readonly<Record<string, string>> | undefined {
  const rule = rules.find((one) => allows(one, request));
  if (rule === undefined) return undefined;
  const any = rule.origins.includes('*');
  return {
    'access-control-allow-origin': any ? '*' : request.origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(request.headers.length > 0 && { 'access-control-allow-headers': request.headers.join(', ') }),
    ...(rule.exposed.length > 0 && { 'access-control-expose-headers': rule.exposed.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': rule.maxAgeSeconds }),
    ...(!any && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function readRule(rule: XmlElement): CorsRule {
  const texts = (name: string): readonly string[] => childrenOf(rule, name).map(({ text }) => text.trim());
  const [origins, methods] = [texts('AllowedOrigin'), texts('AllowedMethod')];
  const maxAgeSeconds = childText(rule, 'MaxAgeSeconds')?.trim();
  const oneStar = [...origins, ...texts('AllowedHeader')].every((text) => text.split('*').length <= 2);
  if (origins.length === 0 || methods.length === 0 || !oneStar) throw malformed();
  if (!methods.every((method) => METHODS.has(method))) throw malformed();
  if (maxAgeSeconds !== undefined && !/^\d{1,9}$/.test(maxAgeSeconds)) throw malformed();
  // They become the value of a header.
  const exposed = texts('ExposeHeader');
  if (!exposed.every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name))) throw malformed();
  return {
    origins,
    methods,
    headers: texts('AllowedHeader').map((name) => name.toLowerCase()),
    exposed,
    maxAgeSeconds,
  };
}

function allows({ origins, methods, headers }: CorsRule, request: CorsRequest): boolean {
  return (
    methods.includes(request.method) &&
    origins.some((pattern) => matches(pattern, request.origin)) &&
    request.headers.every((name) => headers.some((pattern) => matches(pattern, name)))
  );
}

/** A star stands for any text. */
function matches(pattern: string, text: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
