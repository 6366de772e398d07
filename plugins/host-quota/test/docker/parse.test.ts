import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/lib/json.ts';
import {
  chainIds,
  readContainers,
  readEvents,
  readImages,
  readInfo,
  readLayerBytes,
  readLayers,
  readVolumes,
} from '../../docker/engine/parse.ts';
import { originsIn } from '../../docker/ownership/origins.ts';
import { answered, sectionOf } from './recorded-engine.ts';

const API = 'docker-20.10-api.log';
const ENFORCE = 'docker-20.10-enforce.log';
const DF = answered(API, 'system/df') as Record<string, never>;

describe('answers of Docker 20.10', () => {
  it('containers have the size of their own layer; 0 is left out, -1 is unknown', () => {
    expect(readContainers(answered(API, 'containers?all=1&size=1'))).toMatchObject([
      {
        name: 'c2',
        image: 'bb:1',
        imageId: expect.stringMatching(/^7315953d/),
        createdAt: 1_795_208_375,
        state: 'exited',
        bytes: 3_145_728n,
      },
    ]);
    const bytes = (sizes: object): unknown => readContainers([{ Id: 'a'.repeat(64), ...sizes }])[0]?.bytes;
    expect(bytes({ SizeRootFs: 10 })).toBe(0n);
    expect(bytes({})).toBeUndefined();
    expect(bytes({ SizeRw: -1, SizeRootFs: -1 })).toBeUndefined();
    expect(bytes({ SizeRw: -4096, SizeRootFs: 10 })).toBe(0n);
  });

  it('images and volumes have theirs, and all layers together', () => {
    expect(readImages(DF['Images'] ?? null).map(({ refs, bytes }) => [refs[0], bytes])).toEqual([
      ['bb:1', 1_982_291n],
      ['bb:2', 5_128_019n],
    ]);
    expect(readLayerBytes(DF)).toBe(5_128_019n);
    expect(readVolumes(DF)).toEqual([{ name: 'v1', labels: {}, createdAt: 1_795_208_376, bytes: 2_097_152n }]);
  });

  it('an image has its layers with their sizes, the lowest first', () => {
    const layers = readLayers(answered(API, 'image inspect bb:2'), answered(API, 'image history bb:2'));
    expect(layers.map(({ bytes }) => bytes)).toEqual([1_982_291n, 3_145_728n]);
    expect(layers[0]?.id).toBe('4e3841b0a3bf9c001deffc48d5e01437d3133b5f39a58335dedd22b8b8a6873d');
    expect(new Set(layers.map(({ id }) => id)).size).toBe(2);
  });

  it('the same content above something else is another layer', () => {
    const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
    expect(chainIds([a, b])[1]).not.toBe(chainIds([b, a])[0]);
    expect(chainIds([a, b])[0]).toBe('a'.repeat(64));
  });

  it('entries of the history without a layer are told from empty layers, or nothing is said', () => {
    const image = (layers: number): Json => ({
      RootFS: { Layers: Array.from({ length: layers }, (_, at) => `sha256:${String(at).repeat(64)}`) },
    });
    const history = [
      { Size: 0, CreatedBy: '/bin/sh -c #(nop)  CMD ["sh"]' },
      { Size: 5, CreatedBy: 'RUN x' },
      { Size: 0, CreatedBy: 'WORKDIR /x' },
      { Size: 7, CreatedBy: 'ADD rootfs' },
    ];
    expect(readLayers(image(3), history).map(({ bytes }) => bytes)).toEqual([7n, 0n, 5n]);
    expect(readLayers(image(2), history).map(({ bytes }) => bytes)).toEqual([7n, 5n]);
    expect(readLayers(image(5), history).map(({ bytes }) => bytes)).toEqual(Array(5).fill(undefined));
  });

  it('events are cut at the command, and labels do not become facts', () => {
    const events = readEvents(sectionOf(ENFORCE, 'events'));
    expect(events.filter(({ action }) => action === 'exec_create')).toHaveLength(1);
    // The label of the container says 9, and so does its event.
    const died = events.find(({ action, attributes }) => action === 'die' && attributes['name'] === 'a2');
    expect(died?.attributes['exitCode']).toBe('9');
    expect(
      readEvents('{"Type":"image"}\nnot json\n{"Type":"image","Action":"load","Actor":{"ID":"x"},"time":5}'),
    ).toEqual([{ at: 5, type: 'image', action: 'load', id: 'x', attributes: {} }]);
  });

  it('say how each image came', () => {
    const images = readImages(DF['Images'] ?? null).map((image) => ({ ...image, layers: [] }));
    const origins = originsIn(readEvents(sectionOf(API, 'events')), images);
    expect(images.map(({ id, refs }) => [refs[0], origins.get(id)?.method])).toEqual([
      ['bb:1', 'import'],
      ['bb:2', 'commit'],
    ]);
    const pull = { at: 7, type: 'image', action: 'pull', id: 'bb:1', attributes: {} };
    expect(originsIn([pull], images).get(images[0]?.id ?? '')).toEqual({ method: 'pull', at: 7 });
  });

  it('tell the store of images', () => {
    const status = [['driver-type', 'io.containerd.snapshotter.v1']];
    expect(readInfo({ Driver: 'overlayfs', DriverStatus: status, DockerRootDir: '/d', ServerVersion: '29' })).toEqual({
      version: '29',
      driver: 'overlayfs',
      dataRoot: '/d',
      store: 'containerd',
    });
    expect(readInfo({ Driver: 'overlay2', DriverStatus: [['Supports d_type', 'true']] }).store).toBe('graph');
  });

  it.each([
    ['containers', () => readContainers({})],
    ['an image', () => readImages([{ Id: 'x' }])],
    ['volumes', () => readVolumes({ Volumes: [{ Name: '../x' }] })],
    ['itself', () => readInfo([])],
  ])('of another shape about %s are said to be so', (what, read) => {
    expect(read).toThrow(what);
  });
});
