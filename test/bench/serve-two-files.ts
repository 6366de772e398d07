import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { basename, join } from 'node:path';

/**
 * The least that a put takes here: `serve-two-files FOLDER PORT` writes each body and a sidecar beside their places and renames
 * them, as the format wants it. No signature, no hash, no quota, no look at what is replaced.
 */
const [folder = '', port = ''] = process.argv.slice(2);
const SIDECAR = Buffer.alloc(280, 'x');
let next = 0;
const server = createServer((request, response) => {
  void bodyOf(request).then((body) => {
    const path = join(folder, basename(request.url ?? ''));
    const staged = join(folder, `.${next++}`);
    write(staged, body);
    write(`${staged}.metadata`, SIDECAR);
    renameSync(staged, path);
    renameSync(`${staged}.metadata`, `${path}.metadata`);
    response.setHeader('content-length', 0).end();
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(JSON.stringify({ bucket: '' })));
process.stdin.resume().on('end', () => process.exit());

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

function write(path: string, bytes: Buffer): void {
  const file = openSync(path, 'wx');
  writeSync(file, bytes);
  closeSync(file);
}
