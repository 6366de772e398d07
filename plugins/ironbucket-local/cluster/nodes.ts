/** Another server with a copy of the same buckets. */
export interface ClusterNode {
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
}

/** `{name}={URL}` of every other node, separated by commas, as one environment variable holds them. */
export const NODES_PATTERN =
  '^([A-Za-z0-9._-]{1,64}=https?://[^/?#,=\\s]+(,[A-Za-z0-9._-]{1,64}=https?://[^/?#,=\\s]+)*)?$';

/** The text satisfies the pattern. */
export function parseNodes(text: string): readonly ClusterNode[] {
  return text.split(',').flatMap((item) => {
    const [name = '', url] = item.split('=');
    return url === undefined ? [] : [{ name, url }];
  });
}
