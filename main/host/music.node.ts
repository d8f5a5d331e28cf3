/**
 * The music of the studio: its own pieces, and what people add, copied into the home under the hash of its bytes, so
 * that nothing is lost when a file is moved, replaced or deleted elsewhere. Each piece is listened to once.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile, sha256File } from '../../base/files.node.ts';
import type { MusicTableStore, StoredMusic } from '../../db/studio/music.node.ts';
import type { BeatTrack } from '../../pipeline/domain.ts';
import { MAX_AUDIO_SECONDS, probeAudio } from '../../pipeline/media/audio.node.ts';
import { beatsKey, MIN_MUSIC_SECONDS, requireAudibleMusic } from '../music-beats.node.ts';
import { PROJECT_ROOT } from '../paths.node.ts';
import type { Settings } from '../settings.ts';
import type { EventBus } from './events.ts';
import type { FilmPool } from './film-pool.node.ts';
import { tidyName } from './folders.ts';
import type { StudioHome } from './home.node.ts';
import type { HostLog } from './host-log.node.ts';
import { SOUND_SNIFF_BYTES, sniffSound } from './sound-magic.ts';
import type { MusicRow } from './timeline-contract.ts';

/** Bytes of a piece of music that is taken: three hours of CD sound are 1.9 GB, an hour as FLAC 400 MB. */
export const MAX_MUSIC_BYTES = 500_000_000;
const STUDIO_PIECES = join(PROJECT_ROOT, 'samples', 'music');
/** Milliseconds without a task before the studio's own pieces are listened to: the first screen is drawn by then. */
const QUIET_MS = 4_000;
const STUDIO_LICENCE = 'Made for Picaivid Studio; carries its licence.';

export interface MusicOptions {
  readonly home: StudioHome;
  readonly table: MusicTableStore;
  readonly pool: FilmPool;
  readonly bus: EventBus;
  readonly log: HostLog;
  readonly settings: Settings;
  /** Fetches our copy of a piece from the team; false where the team does not have it. */
  readonly bring?: (id: string, path: string) => Promise<boolean>;
}

export class Music {
  private readonly options: MusicOptions;
  private readonly listening = new Map<string, Promise<BeatTrack>>();
  private readonly closing = new AbortController();
  /** Id → file of the pieces that come with the studio. */
  private pieces: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(options: MusicOptions) {
    this.options = options;
  }

  /** The studio's own first. What was not listened to yet is from now on. */
  async list(): Promise<readonly MusicRow[]> {
    await this.studioPieces();
    const all = await this.options.table.list();
    for (const music of all) this.listenSoon(music);
    return Promise.all(all.map((music) => this.toRow(music)));
  }

  async row(id: string): Promise<MusicRow | null> {
    const music = await this.find(id);
    return music === undefined ? null : this.toRow(music);
  }

  /**
   * Listens to the studio's own pieces, one after the other, whenever the machine is quiet: once for each installation.
   * So the first film and every other style are there at once. The first of these names goes first.
   */
  listenWhenQuiet(names: readonly string[], quiet: () => boolean): void {
    const { signal } = this.closing;
    const next = async (): Promise<boolean> => {
      if (!quiet()) return true;
      for (const name of names) {
        const id = await this.studioPiece(name);
        const music = id === null ? undefined : await this.find(id);
        if (music === undefined || music.error !== null || this.isHeard(music)) continue;
        await this.listen(music);
        return true;
      }
      return false;
    };
    const look = (): void => {
      if (signal.aborted) return;
      next()
        .then((more) => more && this.later(look))
        .catch((error: unknown) => this.options.log.info({ err: error }, 'music was not listened to ahead'));
    };
    this.later(look);
  }

  private later(then: () => void): void {
    const timer = setTimeout(then, QUIET_MS);
    timer.unref();
    this.closing.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  private isHeard(music: StoredMusic): boolean {
    return music.track !== null && music.trackKey === this.keyOf(music.id);
  }

  /** The studio's piece of this name, where it is installed. */
  async studioPiece(name: string): Promise<string | null> {
    for (const [id, file] of await this.studioPieces()) if (basename(file).startsWith(name)) return id;
    return null;
  }

  /** Copies files that a person chose. All are looked at before the first is copied. */
  async add(paths: readonly string[]): Promise<readonly MusicRow[]> {
    const { home } = this.options;
    for (const path of paths) {
      const info = await stat(path).catch((error: unknown) => {
        throw toPicaividError(error, 'file_unreadable', basename(path));
      });
      if (!info.isFile()) throw new PicaividError('audio_unsupported', `${basename(path)} is not a file of music.`);
      refuseLarge(info.size, basename(path));
    }
    const rows: MusicRow[] = [];
    for (const path of paths) {
      const part = besidePath(join(home.dir, 'music', 'arriving'));
      await mkdir(join(home.dir, 'music'), { recursive: true, mode: 0o700 });
      try {
        await copyFile(path, part);
      } catch (error) {
        await rm(part, { force: true });
        throw toPicaividError(error, 'file_unreadable', basename(path));
      }
      rows.push(await this.take(part, basename(path)));
    }
    return rows;
  }

  /** A file that is in the home already becomes music, or is deleted and refused. `name` is its name elsewhere. */
  async take(part: string, name: string): Promise<MusicRow> {
    const { home, table, bus } = this.options;
    try {
      const info = await stat(part);
      if (info.size === 0) throw new PicaividError('file_empty', `${name} is empty.`);
      refuseLarge(info.size, name);
      const extension = sniffSound(await headOf(part));
      if (extension === undefined)
        throw new PicaividError(
          'audio_unsupported',
          `${name} holds no sound that can be read. Use MP3, M4A, WAV, FLAC or OGG.`,
        );
      const { durationSeconds } = await probeAudio(part, this.closing.signal).catch((error: unknown) => {
        throw renamed(toPicaividError(error), part, name);
      });
      if (durationSeconds > MAX_AUDIO_SECONDS)
        throw new PicaividError(
          'file_too_large',
          `${name} is longer than ${MAX_AUDIO_SECONDS / 60} minutes. Cut the part that the film needs.`,
        );
      const id = await sha256File(part);
      const known = (await this.studioPieces()).get(id);
      if (known === undefined) {
        const file = join(home.dir, 'music', `${id}.${extension}`);
        if (existsSync(file)) await rm(part, { force: true });
        else await commitFile(part, file);
        const duration = durationSeconds > 0 ? durationSeconds : null;
        await table.put({
          id,
          name: shownName(name),
          source: 'own',
          extension,
          bytes: info.size,
          licence: null,
          durationSeconds: duration,
        });
        // What could not be heard may be heard now: our copy was gone, or a newer tracker is here.
        if ((await table.get(id))?.error != null) await table.setHeard(id, { error: null });
        bus.emit({ type: 'music' });
      } else await rm(part, { force: true });
      const music = await this.must(id);
      this.listenSoon(music);
      return await this.toRow(music);
    } catch (error) {
      await rm(part, { force: true });
      throw toPicaividError(error, 'output_unwritable', name);
    }
  }

  /** Out of the list. Films that use it keep it. */
  async remove(id: string): Promise<void> {
    const music = await this.must(id);
    if (music.source === 'studio')
      throw new PicaividError('bad_usage', 'This piece comes with the studio and stays in the list.');
    await this.options.table.remove(id);
    this.options.bus.emit({ type: 'music' });
  }

  /** Our copy. Errors: `file_not_found` for an id that is not known, or a copy that is gone. */
  async file(id: string): Promise<string> {
    return this.fileOf(await this.must(id));
  }

  /** What the piece's file is called elsewhere; undefined for an id that is not known. */
  async fileName(id: string): Promise<string | undefined> {
    const music = await this.find(id);
    return music === undefined ? undefined : `${music.name}.${music.extension}`;
  }

  /** Music came from the team. */
  refresh(): void {
    this.options.table.forget();
    this.options.bus.emit({ type: 'music' });
  }

  /** The beats, listened for now if nobody did yet. Errors: those of `analyzeMusic`, too short, silent, gone. */
  async track(id: string, signal?: AbortSignal): Promise<BeatTrack> {
    const music = await this.must(id);
    if (music.track !== null && this.isHeard(music)) return music.track;
    const running = this.listen(music);
    if (signal === undefined) return running;
    return Promise.race([
      running,
      new Promise<never>((_, reject) => {
        const stop = (): void => reject(new PicaividError('cancelled', 'Stopped as asked.'));
        if (signal.aborted) stop();
        signal.addEventListener('abort', stop, { once: true });
        running.then(
          () => signal.removeEventListener('abort', stop),
          () => signal.removeEventListener('abort', stop),
        );
      }),
    ]);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.listening.values());
  }

  private keyOf(id: string): string {
    return beatsKey(id, undefined, this.options.settings.DEFAULT_BPM);
  }

  private listenSoon(music: StoredMusic): void {
    if (music.error !== null || this.isHeard(music)) return;
    this.listen(music).catch(() => {}); // the row says why
  }

  /** One thread listens to a piece, however many ask. */
  private listen(music: StoredMusic): Promise<BeatTrack> {
    const { id, name } = music;
    const running = this.listening.get(id);
    if (running !== undefined) return running;
    const { table, pool, bus, log, settings } = this.options;
    const work = (async () => {
      const path = await this.fileOf(music);
      try {
        const { signal } = this.closing;
        const track = await pool.run({ kind: 'listen', path, defaultBpm: settings.DEFAULT_BPM }, signal);
        await requireAudibleMusic(track, path, name, 'take none', signal);
        await table.setHeard(id, { track, trackKey: this.keyOf(id) });
        return track;
      } catch (cause) {
        const error = cutShort(renamed(toPicaividError(cause), path, name), music);
        if (error.code !== 'cancelled' && error.code !== 'internal' && error.code !== 'disk_full') {
          log.info({ musicId: id, code: error.code }, 'music was refused');
          const { code, message } = error;
          await table.setHeard(id, { error: { code, message } });
        }
        throw error;
      } finally {
        this.listening.delete(id);
        bus.emit({ type: 'music' });
      }
    })();
    this.listening.set(id, work);
    work.catch(() => {});
    return work;
  }

  private async find(id: string): Promise<StoredMusic | undefined> {
    const known = await this.options.table.get(id);
    if (known !== undefined) return known;
    return (await this.studioPieces()).has(id) ? this.options.table.get(id) : undefined;
  }

  private async must(id: string): Promise<StoredMusic> {
    const music = await this.find(id);
    if (music === undefined) throw new PicaividError('file_not_found', 'This music is not in the studio (any more).');
    return music;
  }

  private async fileOf({ id, source, extension, name }: StoredMusic): Promise<string> {
    const path =
      source === 'studio'
        ? ((await this.studioPieces()).get(id) ?? '')
        : join(this.options.home.dir, 'music', `${id}.${extension}`);
    const here = path !== '' && (existsSync(path) || (await this.options.bring?.(id, path)) === true);
    if (!here) throw gone(name);
    return path;
  }

  private async toRow(music: StoredMusic): Promise<MusicRow> {
    const { id, name, source, licence, track, durationSeconds } = music;
    const lost = await this.fileOf(music).then(
      () => null,
      (error: unknown) => toPicaividError(error).toJSON(),
    );
    const error = lost ?? music.error;
    return {
      id,
      name,
      source,
      licence,
      state: error !== null ? 'failed' : track === null ? 'listening' : 'ready',
      error,
      durationSeconds: track?.durationSeconds ?? durationSeconds,
      bpm: track?.bpm ?? null,
      beatsPerBar: track?.beatsPerBar ?? null,
      hasPulse: track?.hasPulse ?? null,
      confidence: track?.confidence ?? null,
    };
  }

  private studioPieces(): Promise<ReadonlyMap<string, string>> {
    const reading =
      this.pieces ??
      (async () => {
        const { table } = this.options;
        const names = (await readdir(STUDIO_PIECES).catch(() => [])).filter((name) => name.endsWith('.flac')).sort();
        const found = new Map<string, string>();
        for (const name of names) {
          const path = join(STUDIO_PIECES, name);
          const id = await sha256File(path);
          found.set(id, path);
          const known = await table.get(id);
          if (known?.source === 'studio' && !known.removed) continue;
          await table.put({
            id,
            name: shownName(name.replace(/_\d+bpm(?=\.)/, '')),
            source: 'studio',
            extension: 'flac',
            bytes: (await stat(path)).size,
            licence: STUDIO_LICENCE,
            durationSeconds: null,
          });
        }
        return found;
      })();
    this.pieces = reading;
    reading.catch(() => {
      this.pieces = undefined;
    });
    return reading;
  }
}

/** `morning_light.mp3` → `Morning Light`. */
function shownName(file: string): string {
  const extension = extname(file);
  return tidyName(extension.length <= 6 ? file.slice(0, file.length - extension.length) : file);
}

export function refuseLarge(bytes: number, name: string): void {
  if (bytes > MAX_MUSIC_BYTES)
    throw new PicaividError(
      'file_too_large',
      `${name} is larger than ${MAX_MUSIC_BYTES / 1e6} MB. Save it as MP3, M4A or FLAC.`,
    );
}

function gone(name: string): PicaividError {
  return new PicaividError(
    'file_not_found',
    `The studio’s copy of ${name} is gone from its folder. Add the track again; the film stays as it is.`,
  );
}

/** A file that says of itself that it is long, and of which only a moment can be read, is damaged. */
function cutShort(error: PicaividError, { name, durationSeconds }: StoredMusic): PicaividError {
  if (error.code !== 'audio_too_short' || (durationSeconds ?? 0) < 2 * MIN_MUSIC_SECONDS) return error;
  return new PicaividError(
    'audio_damaged',
    `${name} is damaged: only its first moments can be read. Choose another track, or save it again.`,
    { cause: error },
  );
}

/** Sentences name the file as the person knows it, not our copy. */
function renamed(error: PicaividError, path: string, name: string): PicaividError {
  const message = error.message.replaceAll(path, name).replaceAll(basename(path), name);
  return new PicaividError(error.code, message, { cause: error.cause });
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
