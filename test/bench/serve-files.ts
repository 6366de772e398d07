import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What Node can do without any of S3: `serve-files FOLDER PORT` pipes bodies into files and files into answers. */
const [folder = '', port = ''] = process.argv.slice(2);
const server = createServer((request, response) => void serve(request, response));
server.listen(Number(port), '127.0.0.1', () => console.log(JSON.stringify({ bucket: '' })));
process.stdin.resume().on('end', () => process.exit());

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = join(folder, basename(request.url ?? ''));
  if (request.method === 'PUT') {
    await pipeline(request, createWriteStream(path));
    response.setHeader('content-length', 0).end();
  } else {
    response.setHeader('content-length', statSync(path).size);
    // The client leaves as soon as it has everything.
    await pipeline(createReadStream(path), response).catch(() => undefined);
  }
}
