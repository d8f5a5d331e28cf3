/**
 * Voice-overs of deliveries: sent by a page, looked at by their content, heard once to know how long they speak, kept
 * in the home under the hash of their bytes.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Handler, Hono } from 'hono';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile, readJsonFile, sha256File, writeFileAtomic } from '../../base/files.node.ts';
import { measureLoudness } from '../../pipeline/assemble/loudness.node.ts';
import { MAX_AUDIO_SECONDS, probeAudio } from '../../pipeline/media/audio.node.ts';
import { soundProxy } from '../../pipeline/media/peaks.node.ts';
import { safeSegments } from './folders.ts';
import type { StudioHome } from './home.node.ts';
import { failed, notThere, send } from './media.node.ts';
import { type VoiceOver, voiceOverSchema } from './review-contract.ts';
import { SOUND_SNIFF_BYTES, sniffSound } from './sound-magic.ts';
import { receive } from './uploads.node.ts';

/** Half an hour of stereo sound at 48 kHz and 24 bits. */
export const MAX_VOICE_BYTES = 520_000_000;
/** A voice whose highest peak is below this is none, dBTP: the noise of a muted microphone. */
const SILENT_PEAK_DB = -60;
/** Raised whenever the sound that is played would come out differently. */
const PLAYED_VERSION = 1;

type Home = Pick<StudioHome, 'dir' | 'cacheDir'>;
const nameSchema = z.string().min(1).max(400);
/** Beside the file, as `<id>.json`. */
const factsSchema = z.object({
  name: z.string().min(1),
  extension: z.string().regex(/^[a-z0-9]{2,5}$/),
  seconds: z.number().positive(),
  bytes: z.number().positive(),
});
const idSchema = voiceOverSchema.shape.id;

export interface VoiceFile {
  readonly path: string;
  readonly name: string;
  readonly seconds: number;
}

const factsPath = (home: Home, id: string): string => join(home.dir, 'voices', `${id}.json`);
const playedPath = (home: Home, id: string): string => join(home.cacheDir, 'voices', `${id}-${PLAYED_VERSION}.flac`);

/** Our copy of a voice-over. Errors: `file_not_found` for an id that is not known, or a copy that is gone. */
export async function voiceFile(home: Home, id: string): Promise<VoiceFile> {
  const gone = new PicaividError(
    'file_not_found',
    'The voice-over is not on this machine (any more). Choose its file again, or remove it.',
  );
  if (!idSchema.safeParse(id).success) throw gone;
  const facts = factsSchema.safeParse(await readJsonFile(factsPath(home, id)).catch(() => undefined));
  if (!facts.success) throw gone;
  const { name, extension, seconds, bytes } = facts.data;
  const path = join(home.dir, 'voices', `${id}.${extension}`);
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() !== true || info.size !== bytes) throw gone;
  return { path, name, seconds };
}

/** The same, read whole: before it goes into a film. Errors: `file_not_found`, `audio_damaged`. */
export async function verifiedVoice(home: Home, id: string): Promise<VoiceFile> {
  const file = await voiceFile(home, id);
  if ((await sha256File(file.path)) === id) return file;
  throw new PicaividError(
    'audio_damaged',
    `The studio’s copy of ${file.name} is not the voice-over that was chosen. Choose its file again.`,
  );
}

/**
 * A file that is in the home already becomes a voice-over, or is deleted and refused. `name` is its name elsewhere.
 * Errors: `file_empty`, `audio_unsupported` also for silence, `audio_damaged`, `file_too_large`, `disk_full`.
 */
export async function takeVoice(home: Home, part: string, name: string): Promise<VoiceOver> {
  const heard = besidePath(join(home.dir, 'voices', 'heard.flac'));
  try {
    const { size } = await stat(part);
    if (size === 0) throw new PicaividError('file_empty', `${name} is empty.`);
    const extension = sniffSound(await headOf(part));
    if (extension === undefined)
      throw new PicaividError(
        'audio_unsupported',
        `${name} holds no sound that can be read. Use MP3, M4A, WAV, FLAC or OGG.`,
      );
    const tooLong = (seconds: number): void => {
      if (seconds > MAX_AUDIO_SECONDS)
        throw new PicaividError(
          'file_too_large',
          `${name} is longer than ${MAX_AUDIO_SECONDS / 60} minutes. Cut the part that the film needs.`,
        );
    };
    tooLong((await probeAudio(part)).durationSeconds);
    // What a file says of its length is not always so: the length is that of what can be heard.
    await soundProxy(part, heard);
    const { durationSeconds: seconds } = await probeAudio(heard);
    tooLong(seconds);
    if (!(seconds > 0) || (await measureLoudness(['-i', heard])).truePeak < SILENT_PEAK_DB)
      throw new PicaividError('audio_unsupported', `${name} is silent. Choose another file.`);
    const id = await sha256File(part);
    const played = playedPath(home, id);
    await mkdir(join(home.cacheDir, 'voices'), { recursive: true });
    await rename(heard, played);
    await commitFile(part, join(home.dir, 'voices', `${id}.${extension}`));
    await writeFileAtomic(factsPath(home, id), JSON.stringify({ name, extension, seconds, bytes: size }));
    return { id, name, seconds, startSeconds: 0 };
  } catch (error) {
    const known = toPicaividError(error, 'output_unwritable', name);
    // Sentences name the file as the person knows it, not our copy.
    const own = part.split(/[\\/]/).at(-1) ?? part;
    throw new PicaividError(known.code, known.message.replaceAll(part, name).replaceAll(own, name), { cause: error });
  } finally {
    await rm(part, { force: true });
    await rm(heard, { force: true });
  }
}

/** `POST /voice?name=<file name>`, body the bytes; answers with a VoiceOver. */
export function voiceUploads(home: Home): Hono {
  const app = new Hono();
  app.post('/voice', async (c) => {
    const name = safeSegments(nameSchema.parse(c.req.query('name'))).at(-1) ?? 'voice-over';
    await mkdir(join(home.dir, 'voices'), { recursive: true, mode: 0o700 });
    const part = besidePath(join(home.dir, 'voices', 'arriving'));
    await receive(c.req.raw.body, part, name, { bytes: MAX_VOICE_BYTES, advice: 'Save it as MP3, M4A or FLAC.' });
    return c.json(await takeVoice(home, part, name));
  });
  return app;
}

/** `GET /voice/:voice`: what is heard, as FLAC, with Range. */
export function voiceHandler(home: Home): Handler {
  const making = new Map<string, Promise<void>>();
  return async (c) => {
    try {
      const id = idSchema.safeParse(c.req.param('voice'));
      if (!id.success) return notThere(c, 'There is no such voice-over.');
      const path = playedPath(home, id.data);
      const { path: source } = await voiceFile(home, id.data);
      const running =
        making.get(path) ??
        (async () => {
          if (existsSync(path)) return;
          await mkdir(join(home.cacheDir, 'voices'), { recursive: true });
          await soundProxy(source, path);
        })().finally(() => making.delete(path));
      making.set(path, running);
      await running;
      const etag = `"${id.data.slice(0, 32)}-voice-${PLAYED_VERSION}"`;
      return await send(c, { path, type: 'audio/flac', etag, immutable: true });
    } catch (error) {
      return failed(c, error);
    }
  };
}

async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const head = new Uint8Array(SOUND_SNIFF_BYTES);
    await handle.read(head, 0, SOUND_SNIFF_BYTES, 0);
    return head;
  } finally {
    await handle.close();
  }
}
