/** As much of a browser as a login needs: cookies, and where answers lead. It follows nothing by itself. */
export interface Browser {
  readonly cookies: Map<string, string>;
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  post(url: string, body?: string, headers?: Record<string, string>): Promise<Answer>;
  send(method: string, url: string, body: string, headers: Record<string, string>): Promise<Answer>;
  /** Goes where answers lead, until one leads nowhere or `until` says so. */
  follow(url: string, until?: (url: string) => boolean): Promise<Answer>;
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly location: string | undefined;
  readonly headers: Headers;
  readonly text: string;
}

/** Cookies of 127.0.0.1 are for every port, as in a real one. */
export function openBrowser(): Browser {
  const cookies = new Map<string, string>();

  async function ask(url: string, init: RequestInit): Promise<Answer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), ...(cookie !== '' && { cookie }) };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    return {
      url,
      status: answer.status,
      location: location === null ? undefined : new URL(location, url).href,
      headers: answer.headers,
      text: await answer.text(),
    };
  }

  const get: Browser['get'] = (url, headers = {}) => ask(url, { headers });
  return {
    cookies,
    get,
    post: (url, body, headers = {}) => ask(url, { method: 'POST', headers, ...(body !== undefined && { body }) }),
    send: (method, url, body, headers) => ask(url, { method, headers, body }),
    follow: async (url, until = () => false) => {
      let answer = await get(url);
      for (let hops = 0; hops < 20 && answer.location !== undefined && !until(answer.location); hops++) {
        answer = await get(answer.location);
      }
      return answer;
    },
  };
}
