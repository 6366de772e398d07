import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientUseOf, fullRef } from '../../docker/audit/client-use.ts';

describe('the command line of a client', () => {
  const clientOf = (text: string) => clientUseOf({ event: '1.0:1', at: 1, uid: 1000, exe: '', argv: text.split(' ') });

  it.each([
    [
      'docker -H unix:///x --log-level error run -dit --rm --name web -e A=b nginx sh',
      'create',
      'web',
      'docker.io/library/nginx:latest',
    ],
    [
      '/opt/bin/docker --context=lab container create --name=db -v/a:/b postgres:15',
      'create',
      'db',
      'docker.io/library/postgres:15',
    ],
    ['docker --context x create -p 80:80 ghcr.io/a/b@sha256:00', 'create', undefined, 'ghcr.io/a/b@sha256:00'],
    ['docker run -e NAME=x -l a=b --label c localhost:5000/x', 'create', undefined, 'localhost:5000/x:latest'],
    ['docker image pull -q nginx:latest', 'pull', undefined, 'docker.io/library/nginx:latest'],
    ['docker build --no-cache -t me/app:1 --build-arg A=1 .', 'build', undefined, 'docker.io/me/app:1'],
    ['docker buildx build --load --tag app .', 'build', undefined, 'docker.io/library/app:latest'],
    ['docker buildx b -t app .', 'build', undefined, 'docker.io/library/app:latest'],
    ['docker builder build -t app .', 'build', undefined, 'docker.io/library/app:latest'],
    ['docker build .', 'build', undefined, undefined],
    ['docker tag a', 'tag', undefined, undefined],
    ['docker commit c2', 'commit', 'c2', undefined],
    ['docker volume create', 'volume', undefined, undefined],
    ['docker run', 'create', undefined, undefined],
    ['docker run --name web', 'create', 'web', undefined],
    ['docker run --name a --name=b nginx --name c', 'create', 'b', 'docker.io/library/nginx:latest'],
    ['docker run -d=false -it=true nginx web', 'create', undefined, 'docker.io/library/nginx:latest'],
    ['docker -D --tls run -- nginx web', 'create', undefined, 'docker.io/library/nginx:latest'],
    ['docker run -eA=b -w=/x -u 1000 nginx', 'create', undefined, 'docker.io/library/nginx:latest'],
    ['docker image tag a b', 'tag', undefined, 'docker.io/library/b:latest'],
    ['docker commit -m text c2 bb:2', 'commit', 'c2', 'docker.io/library/bb:2'],
    ['docker import -c CMD=sh - bb:1', 'import', undefined, 'docker.io/library/bb:1'],
    ['docker load -i file.tar', 'load', undefined, undefined],
    ['docker volume create --label a=b data', 'volume', 'data', undefined],
  ])('%s', (text, verb, name, ref) => {
    expect([clientOf(text)?.verb, clientOf(text)?.name, clientOf(text)?.refs[0]]).toEqual([verb, name, ref]);
  });

  it.each([
    'docker compose up -d',
    'docker ps',
    'docker container ls',
    'docker',
    'docker --version',
    'docker constructor',
    'docker image prune',
    'docker image',
    'docker image run x',
    'docker container pull x',
    'docker volume ls',
    'docker volume',
    'docker buildx bake',
    'docker bake',
  ])('%s creates nothing that can be told', (text) => expect(clientOf(text)).toBeUndefined());

  it('has the labels of containers, and in its text no more than names', () => {
    const argv = [
      'docker',
      'run',
      '-e',
      'PASSWORD=hush',
      '-l',
      'qman.user=bob',
      '--label=x',
      '--name',
      'a\nb',
      'x'.repeat(500),
      '--token=hush',
    ];
    const use = clientUseOf({ event: '1.0:1', at: 1, uid: 1, exe: '', argv });
    expect(use?.labels).toEqual({ 'qman.user': 'bob', x: '' });
    expect(use?.text).toMatch(/^docker run a b x+$/);
    expect(use?.text.length).toBe(200);
    expect(JSON.stringify(use)).not.toContain('hush');
  });

  it('reads labels in every form, of containers and volumes only', () => {
    const labelsOf = (text: string) => clientOf(text)?.labels;
    const forms = 'docker run -l a=1 -lb=2 -l=c=3 --label d=4=5 --label=e nginx -l f=6';
    expect(labelsOf(forms)).toEqual({ a: '1', b: '2', c: '3', d: '4=5', e: '' });
    expect(labelsOf('docker volume create data --label a=b')).toEqual({ a: 'b' });
    expect(labelsOf('docker build --label a=b .')).toEqual({});
    expect(labelsOf('docker run -l =x nginx')).toEqual({ '': 'x' });
    expect(['docker run -l', 'docker run --label'].map(labelsOf)).toEqual([{ '': '' }, { '': '' }]);
  });

  it('of the socket says nothing', () => {
    expect(clientUseOf({ event: '1.0:1', at: 1, uid: 1, exe: '', argv: undefined })).toBeUndefined();
  });

  it.each([
    ['docker run --name web nginx', 'docker run web nginx'],
    ['docker pull nginx', 'docker pull nginx'],
    ['docker load -i secret.tar', 'docker load'],
  ])('%s is shown as %s', (text, shown) => {
    expect(clientOf(text)?.text).toBe(shown);
  });

  it('takes any words without failing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.constantFrom('run', 'image', '-l', '--label', '--', '-', '-it', '--name', ''), fc.string()),
        ),
        (argv) => {
          const use = clientUseOf({ event: '1.0:1', at: 1, uid: 1, exe: '', argv: ['docker', ...argv] });
          expect(use?.text.length ?? 0).toBeLessThanOrEqual(200);
        },
      ),
    );
  });

  it.each([
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
    ['me/app', 'docker.io/me/app:latest'],
    ['ghcr.io/app', 'ghcr.io/app:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost', 'docker.io/library/localhost:latest'],
    ['a.b', 'docker.io/library/a.b:latest'],
    ['host:5000/me/app:1', 'host:5000/me/app:1'],
    ['nginx:1@sha256:00', 'docker.io/library/nginx@sha256:00'],
    ['host:5000/app:1@sha256:00', 'host:5000/app@sha256:00'],
    ['a'.repeat(64), 'a'.repeat(64)],
    ['a'.repeat(63), `docker.io/library/${'a'.repeat(63)}:latest`],
    [`sha256:${'a'.repeat(64)}`, 'a'.repeat(64)],
  ])('%s is %s', (short, full) => expect(fullRef(short)).toBe(full));
});
