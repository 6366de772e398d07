import { PEOPLE } from './people.ts';

/** A link for everyone there is. */
export function choicePage(query: URLSearchParams): string {
  const links = Object.entries(PEOPLE).map(([user, { name }]) => {
    const target = new URLSearchParams(query);
    target.set('user', user);
    // What URLSearchParams writes has no character that means something in HTML, but for the ampersand.
    return `<p><a href="?${target.toString().replaceAll('&', '&amp;')}">${String(name)}</a></p>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sandbox login</title></head>
<body><h1>Who are you?</h1>
${links.join('\n')}
</body>
</html>
`;
}
