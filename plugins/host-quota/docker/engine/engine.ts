import type { Clock } from '../../../../src/lib/clock.ts';
import { isAgentError } from '../../../../src/lib/errors.ts';
import { isJsonObject, type Json } from '../../../../src/lib/json.ts';
import { checkName } from '../../tools/argv.ts';
import { engineRefused, engineTooOld, noSuchObject } from '../errors.ts';
import { readContainers, readEvents, readImages, readInfo, readLayerBytes, readLayers, readVolumes } from './parse.ts';
import { type Answer, askSocket, parseJson } from './socket.ts';
import type { Container, EngineEvent, EngineInfo, Image, Layer, Volume } from './types.ts';

/** A Docker engine. Nothing is cached or retried; every method stops when its signal fires. */
export interface Engine {
  info(signal: AbortSignal): Promise<EngineInfo>;
  /** All of them, with the sizes of their own layers, which takes the engine a while. */
  containers(signal: AbortSignal): Promise<readonly Container[]>;
  images(signal: AbortSignal): Promise<readonly Omit<Image, 'layers'>[]>;
  /** Undefined when the image is gone. */
  layers(image: string, signal: AbortSignal): Promise<readonly Layer[] | undefined>;
  /** Sizes of volumes, and what all layers take: the slowest call there is. */
  sizes(signal: AbortSignal): Promise<{ readonly volumes: readonly Volume[]; readonly layerBytes: bigint | undefined }>;
  /** Without sizes, at once. */
  volumes(signal: AbortSignal): Promise<readonly Volume[]>;
  /** At most the newest 256, also of the second `since`; those of the current second may be missing. */
  events(since: number, until: number, signal: AbortSignal): Promise<readonly EngineEvent[]>;
  /** Asks the container to stop, and kills it after 60 seconds; one that is gone or stopped is fine. */
  stop(container: string, signal: AbortSignal): Promise<void>;
  /** Only when it is stopped, and without its volumes; one that is gone is fine. */
  remove(container: string, signal: AbortSignal): Promise<void>;
}

/** What is spoken where the engine knows it: Docker 20.10 to 28. */
const API = [1, 41] as const;
const OLDEST = [1, 40] as const;
const STOP_SECONDS = 60;
const DEADLINES = { quick: 30_000, list: 120_000, sizes: 180_000, stop: (STOP_SECONDS + 30) * 1000 } as const;

export function createEngine(clock: Clock, socket: string): Engine {
  let version: string | undefined;

  async function call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    ms: number,
    signal: AbortSignal,
  ): Promise<Answer> {
    version ??= await negotiate(clock, socket, signal);
    return askSocket(clock, socket, { method, path: `/v${version}${path}`, ms }, signal).catch((error: unknown) => {
      // The engine that comes back may be another one.
      if (isAgentError(error) && error.code === 'HOST_QUOTA_DOCKER_DOWN') version = undefined;
      throw error;
    });
  }

  async function get(path: string, what: string, ms: number, signal: AbortSignal): Promise<Json> {
    const { status, text } = await call('GET', path, ms, signal);
    if (status === 404) throw noSuchObject(what, path.split('/')[2] ?? '');
    if (status !== 200) throw engineRefused(`list ${what}`, status, messageIn(text));
    return parseJson(what, text);
  }

  return {
    info: async (signal) => readInfo(await get('/info', 'itself', DEADLINES.quick, signal)),
    containers: async (signal) =>
      readContainers(await get('/containers/json?all=1&size=1', 'containers', DEADLINES.list, signal)),
    images: async (signal) => readImages(await get('/images/json', 'images', DEADLINES.list, signal)),
    layers: async (image, signal) => {
      const path = `/images/sha256:${checkName('container', image)}`;
      try {
        const [inspect, history] = [
          await get(`${path}/json`, 'an image', DEADLINES.quick, signal),
          await get(`${path}/history`, 'the history of an image', DEADLINES.quick, signal),
        ];
        return readLayers(inspect, history);
      } catch (error) {
        if (isAgentError(error) && error.status === 404) return undefined;
        throw error;
      }
    },
    sizes: async (signal) => {
      const body = await get('/system/df', 'sizes', DEADLINES.sizes, signal);
      return { volumes: readVolumes(body), layerBytes: readLayerBytes(body) };
    },
    volumes: async (signal) => readVolumes(await get('/volumes', 'volumes', DEADLINES.quick, signal)),
    events: async (since, until, signal) => {
      const path = `/events?since=${Math.floor(since)}&until=${Math.floor(until)}`;
      const { status, text } = await call('GET', path, DEADLINES.quick, signal);
      if (status !== 200) throw engineRefused('list events', status, messageIn(text));
      return readEvents(text);
    },
    stop: async (container, signal) => {
      const path = `/containers/${checkName('container', container)}/stop?t=${STOP_SECONDS}`;
      const { status, text } = await call('POST', path, DEADLINES.stop, signal);
      if (![204, 304, 404].includes(status)) throw engineRefused('stop a container', status, messageIn(text));
    },
    remove: async (container, signal) => {
      const path = `/containers/${checkName('container', container)}`;
      const { status, text } = await call('DELETE', path, DEADLINES.list, signal);
      if (status !== 204 && status !== 404) throw engineRefused('remove a container', status, messageIn(text));
    },
  };
}

/** Ours, or the nearest version that the engine speaks. */
async function negotiate(clock: Clock, socket: string, signal: AbortSignal): Promise<string> {
  const answer = await askSocket(clock, socket, { method: 'GET', path: '/version', ms: DEADLINES.quick }, signal);
  if (answer.status !== 200) throw engineRefused('tell its version', answer.status, messageIn(answer.text));
  const body = parseJson('its version', answer.text);
  const { ApiVersion: newest, MinAPIVersion: oldest } = isJsonObject(body) ? body : {};
  const [most, least] = [readVersion(newest), readVersion(oldest) ?? API];
  if (most === undefined || isBelow(most, OLDEST)) throw engineTooOld(typeof newest === 'string' ? newest : 'unknown');
  const chosen = isBelow(most, API) ? most : isBelow(API, least) ? least : API;
  return chosen.join('.');
}

function readVersion(value: Json | undefined): readonly [number, number] | undefined {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,4})$/.exec(typeof value === 'string' ? value : '') ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

function isBelow([a, b]: readonly [number, number], [c, d]: readonly [number, number]): boolean {
  return a < c || (a === c && b < d);
}

function messageIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) && typeof body['message'] === 'string' ? body['message'] : '';
  } catch {
    return '';
  }
}
