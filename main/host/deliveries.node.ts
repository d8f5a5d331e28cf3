/**
 * Delivery: what stands in the way, what is to be made, the guard before it, and what became of each delivery. The films
 * themselves are made in `deliveries-run.node.ts`.
 */
import { access, constants, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { transitionJob } from '../../db/jobs.node.ts';
import { type DeliveryRow, DeliveryStore } from '../../db/studio/deliveries.node.ts';
import type { Film } from '../../db/studio/films.node.ts';
import type { ListingRow } from '../../db/studio/types.ts';
import { approvalGuard } from '../../pipeline/assemble/guard.ts';
import { frameToSeconds } from '../../pipeline/time.ts';
import { totalFrames } from '../../pipeline/timeline/clip-math.ts';
import type { TaskView } from './contract.ts';
import type { DeliveryRun } from './deliveries-run.node.ts';
import { voiceFile } from './deliveries-voice.node.ts';
import {
  blockerOf,
  bytesNeeded,
  fileStem,
  filmName,
  firstSettings,
  outputSpec,
  softness,
  voiceBlocker,
  voiceCaution,
} from './deliveries-words.ts';
import { firstSettings as firstFilmSettings, readSettingsOf } from './film-settings.ts';
import { cardOf, mustListing } from './listings.node.ts';
import { allowed, person } from './person.node.ts';
import type { RenderCore } from './renders.node.ts';
import { wantedClips } from './renders-parts.node.ts';
import {
  type Blocker,
  type ClipRender,
  type DeliverDocument,
  type DeliveredFilm,
  type DeliverySettings,
  type DeliveryView,
  deliverySettingsSchema,
  outputSchema,
  type Person,
  personSchema,
  type ReviewService,
  type VoiceOver,
} from './review-contract.ts';
import { settleJob } from './reviews-settle.node.ts';

const UNFINISHED: ReadonlySet<string> = new Set(['waiting', 'running', 'paused']);
const NOBODY: Person = { name: '', role: 'producer' };

type DeliveryMethods = Pick<ReviewService, 'delivery' | 'setDelivery' | 'deliver'>;

/** `run` makes the films of a delivery, and tells how far each is. */
export function deliveryMethods(parts: RenderCore, run: DeliveryRun): DeliveryMethods {
  const { core, films, music } = parts.film;
  const store = new DeliveryStore(core.database);

  const settingsOf = async (listingId: string, film: Film): Promise<DeliverySettings> =>
    deliverySettingsSchema.catch(firstSettings(film.timeline)).parse(await store.settings(listingId));

  const taskOf = async (row: ListingRow): Promise<TaskView | null> => {
    const tasks = await core.tasks.viewsOf(row);
    return tasks.findLast(({ kind, state }) => kind === 'deliver' && UNFINISHED.has(state)) ?? null;
  };

  const blockersOf = async (row: ListingRow, film: Film, clips: readonly ClipRender[]): Promise<readonly Blocker[]> => {
    const blockers = clips.flatMap((clip) => blockerOf(clip) ?? []);
    const { voiceOver } = await settingsOf(row.id, film);
    if (voiceOver !== null) {
      const gone = await voiceFile(core.home, voiceOver.id).then(() => null, sentenceOf);
      const blocker = voiceBlocker(voiceOver, secondsOf(film), gone);
      if (blocker !== undefined) blockers.push(blocker);
    }
    const { musicId } = readSettingsOf(film.settings, firstFilmSettings(film.timeline.template, 45, null));
    if (musicId !== null && film.timeline.music !== null)
      await music.file(musicId).catch((error: unknown) => {
        blockers.push({ kind: 'music_missing', clipId: null, sentence: sentenceOf(error) });
      });
    for (const file of new Set(clips.map(({ photoFile }) => photoFile))) {
      const there = await stat(join(row.folder, file)).catch(() => undefined);
      if (there?.isFile() === true) continue;
      const clipId = clips.find(({ photoFile }) => photoFile === file)?.clipId ?? null;
      blockers.push({ kind: 'photo_missing', clipId, sentence: `${file} is not in the listing's folder (any more).` });
    }
    return blockers;
  };

  const cautionsOf = async (row: ListingRow, film: Film, settings: DeliverySettings): Promise<readonly string[]> => {
    const { timeline } = film;
    const { outputs, loudnessLufs, voiceOver } = settings;
    const sizes = new Map(
      outputs.map((output) => {
        const { width, height } = outputSpec(output, loudnessLufs);
        return [`${width} ${height}`, { width, height }] as const;
      }),
    );
    const larger = [...sizes.values()].filter((size) => size.width * size.height > timeline.width * timeline.height);
    const drawn =
      larger.length === 0
        ? []
        : (await wantedClips(parts.renders.parts, row, { film })).map(({ room, wanted }, index) => ({
            room,
            index,
            spec: wanted?.spec ?? null,
            photo: wanted?.photo ?? null,
          }));
    const soft = larger.flatMap((size) => softness(size, timeline, drawn) ?? []);
    const voice = voiceOver === null ? null : voiceCaution(voiceOver, secondsOf(film));
    return voice === null ? soft : [...soft, voice];
  };

  const document = async (listingId: string): Promise<DeliverDocument> => {
    const row = await mustListing(core, listingId);
    const film = await films.film(listingId);
    const task = await taskOf(row);
    const common = {
      listing: await cardOf(core, row),
      deliveries: await views(await store.list(listingId), task),
      task,
      person: await person(core),
    };
    if (film === undefined)
      return {
        ...common,
        filmRevision: 0,
        totalFrames: 0,
        frameRate: { num: core.settings.OUTPUT_FPS, den: 1 },
        settings: { outputs: [outputSchema.parse({ shape: '16:9' })], loudnessLufs: -14, coverFrame: null, disclosure: '', folder: null, voiceOver: null }, // biome-ignore format: one shape
        blockers: [
          { kind: 'no_film', clipId: null, sentence: 'This listing has no film yet. Its timeline builds one.' },
        ],
        cautions: [],
      };
    const { timeline, revision } = film;
    const settings = await settingsOf(listingId, film);
    return {
      ...common,
      filmRevision: revision,
      totalFrames: totalFrames(timeline.clips),
      frameRate: timeline.frameRate,
      settings,
      blockers: await blockersOf(row, film, await parts.renders.clips(listingId, film)),
      cautions: await cautionsOf(row, film, settings),
    };
  };

  /** A delivery whose task is gone was cancelled; one that is being made tells how far it is. */
  const views = (rows: readonly DeliveryRow[], task: TaskView | null): Promise<readonly DeliveryView[]> =>
    Promise.all(
      rows.map(async (row, index): Promise<DeliveryView> => {
        const open = row.state === 'waiting' || row.state === 'running';
        const left = open && !(index === 0 && task !== null);
        const info = await stat(row.folder).catch(() => undefined);
        return {
          id: row.id,
          state: left ? 'cancelled' : row.state,
          at: row.at,
          by: personSchema.catch(NOBODY).parse(row.person),
          filmRevision: row.filmRevision,
          settings: deliverySettingsSchema.parse(row.settings),
          folder: row.folder,
          folderMissing: info?.isDirectory() !== true,
          films: row.films.map((film, at): DeliveredFilm => {
            const output = outputSchema.parse(film.output);
            const progress = run.progress(row.id, at);
            return left && film.state === 'running'
              ? { ...film, output, state: 'waiting', progress: null }
              : { ...film, output, progress };
          }),
          override: row.override,
          error: row.error,
        };
      }),
    );

  /** Where the delivery folder is made: a folder of its own for each listing. Errors: `output_unwritable`. */
  const folderFor = async (row: ListingRow, chosen: string | null): Promise<string> => {
    const stem = chosen === null ? `${basename(row.folder)} film` : fileStem(row.name);
    const beside = dirname(row.folder);
    const own = beside.startsWith(core.home.dir);
    let parent = chosen ?? (own ? join(core.home.dir, 'deliveries') : beside);
    const writable = await access(parent, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (!writable && chosen !== null)
      throw new PicaividError(
        'output_unwritable',
        `${chosen} is not there, or nothing can be written there. Choose another folder.`,
      );
    if (!writable) parent = join(core.home.dir, 'deliveries');
    for (let number = 1; ; number++) {
      const folder = join(parent, number === 1 ? stem : `${stem} ${number}`);
      if (!(await store.isOthers(folder, row.id))) return folder;
    }
  };

  return {
    delivery: document,
    setDelivery: async (listingId, changes) => {
      await allowed(core, 'deliver films');
      const film = await films.film(listingId);
      if (film === undefined)
        throw new PicaividError('transition_refused', 'This listing has no film yet. Open its timeline to build one.');
      const asked = deliverySettingsSchema.parse({ ...(await settingsOf(listingId, film)), ...changes });
      const voiceOver = changes.voiceOver == null ? asked.voiceOver : await known(core.home, changes.voiceOver);
      const settings = { ...asked, voiceOver };
      await store.setSettings(listingId, settings);
      core.bus.emit({ type: 'deliveries', listingId });
      return document(listingId);
    },
    deliver: async (listingId, override) => {
      const by = await allowed(core, 'deliver films');
      const row = await mustListing(core, listingId);
      const film = await films.film(listingId);
      if (film === undefined)
        throw new PicaividError('transition_refused', 'This listing has no film yet. Open its timeline to build one.');
      if ((await taskOf(row)) !== null)
        throw new PicaividError(
          'transition_refused',
          'A delivery of this film is being made. Wait for it, or cancel it.',
        );
      const clips = await parts.renders.clips(listingId, film);
      const blockers = await blockersOf(row, film, clips);
      const hard = blockers.find(({ kind }) => kind !== 'unapproved');
      if (hard !== undefined) throw new PicaividError('transition_refused', hard.sentence);
      const guard = approvalGuard(
        clips.map(({ clipId, review }) => ({ clipId, state: review })),
        override ?? undefined,
      );
      if (!guard.allowed) throw new PicaividError('transition_refused', guard.sentence);
      const settings = await settingsOf(listingId, film);
      const seconds = secondsOf(film);
      const vouched = guard.open.length === 0 ? null : override;
      const folder = await folderFor(row, settings.folder);
      const bytes = bytesNeeded(settings.outputs, seconds, clips.length);
      // Made in the home, then handed over: the same disk, or two.
      for (const disk of [core.home.dir, dirname(folder)]) await mustHaveRoom(disk, bytes);
      const made = await store.create({
        listingId,
        filmRevision: film.revision,
        settings,
        person: by,
        override: vouched,
        folder,
        films: settings.outputs.map((output) => ({
          output,
          name: filmName(row.name, output),
          state: 'waiting' as const,
          error: null,
          bytes: null,
          seconds: null,
          verification: [],
          notes: [],
          copiedFrames: null,
          encodedFrames: null,
        })),
      });
      await settleJob(parts, listingId);
      if (vouched !== null) await vouch(parts, row, vouched, guard.open.length);
      await core.tasks.ensure('deliver', listingId, { deliveryId: made.id });
      core.bus.emit({ type: 'deliveries', listingId });
      return document(listingId);
    },
  };
}

/** How long a film plays. */
const secondsOf = ({ timeline }: Film): number => frameToSeconds(totalFrames(timeline.clips), timeline.frameRate);

const sentenceOf = (error: unknown): string => toPicaividError(error).message;

/** A voice-over as the studio knows it, whatever a page says of it. Errors: `file_not_found`. */
async function known(home: RenderCore['film']['core']['home'], voice: VoiceOver): Promise<VoiceOver> {
  const { name, seconds } = await voiceFile(home, voice.id);
  return { ...voice, name, seconds };
}

/** The job is approved by the name and reason of who vouches for it. */
async function vouch(
  { film: { core } }: RenderCore,
  { id, jobId }: ListingRow,
  override: { readonly name: string; readonly reason: string },
  unapprovedClips: number,
): Promise<void> {
  const status = (await core.store.listing(id))?.status;
  if (status === 'approved' || status === 'delivered') return;
  const facts = { hasTimeline: true, unapprovedClips, override };
  if (status !== 'in_review') await transitionJob(core.database, jobId, 'submit_review', facts);
  await transitionJob(core.database, jobId, 'approve', facts, { ...override });
}

/** Of the disk that the folder is on, or will be. */
async function mustHaveRoom(folder: string, bytes: number): Promise<void> {
  const free = await statfs(folder).catch(() => undefined);
  if (free === undefined) {
    if (dirname(folder) !== folder) await mustHaveRoom(dirname(folder), bytes);
    return;
  }
  const left = free.bavail * free.bsize;
  if (left >= bytes) return;
  const mb = (value: number): string => `${Math.ceil(value / 1e6)} MB`;
  throw new PicaividError(
    'disk_full',
    `Delivering needs about ${mb(bytes)}, and ${mb(left)} are free at ${folder}. Free some space first, or choose another folder.`,
  );
}

/** The delivery that a task is about. Throws a ZodError. */
export const deliveryIdOf = (input: unknown): string => z.object({ deliveryId: z.string() }).parse(input).deliveryId;
