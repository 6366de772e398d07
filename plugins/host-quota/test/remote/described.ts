import { Ajv } from 'ajv';
import { openApi } from '../../openapi.ts';

const ajv = new Ajv({ strict: false });
ajv.addSchema({ $id: 'api', ...openApi });

/** The path of the description that a request is for; undefined when there is none. */
function templateOf(path: string): string | undefined {
  const isSame = (template: string): boolean => {
    const [wanted, given] = [template.split('/'), path.split('/')];
    return wanted.length === given.length && wanted.every((part, at) => part.startsWith('{') || part === given[at]);
  };
  const all = Object.keys(openApi.paths).filter(isSame);
  // A literal segment goes before a parameter.
  return (
    all.find((template) => !template.includes('{')) ?? all.sort((a, b) => a.split('{').length - b.split('{').length)[0]
  );
}

/** Fails when the answer is not what the description says. */
export function mustBeDescribed(method: string, path: string, status: number, body: unknown): void {
  const template = templateOf(path);
  const operation = openApi.paths[template ?? '']?.[method.toLowerCase()];
  if (operation === undefined && (status === 404 || status === 405)) return;
  if (template === undefined || operation === undefined) throw new Error(`${method} ${path} is not described`);
  const key = status === 200 ? '200' : 'default';
  const escaped = template.replaceAll('~', '~0').replaceAll('/', '~1');
  const pointer = `api#/paths/${encodeURI(escaped)}/${method.toLowerCase()}/responses/${key}/content/application~1json/schema`;
  const validate = ajv.getSchema(pointer) ?? ajv.compile({ $ref: pointer });
  if (!validate(body)) throw new Error(`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)}`);
}
