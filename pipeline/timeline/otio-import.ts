/**
 * OpenTimelineIO in: our own export gives back the equal timeline, also after the official library or another program
 * has read and written it; what was edited there (order, lengths, transitions, markers) counts. A file of another
 * program is understood where a film of photos can mean it: clips by the name of their media, dissolves, markers. The
 * rest is said in `notes`, or refused (`bad_usage`) by a sentence that names it.
 */
import { z } from 'zod';
import type { GridBeat, Marker, Shot, Timeline, TimelineClip, TitleCard, Transition } from '../domain.ts';
import { TEMPLATE_NAMES, TRANSITIONS } from '../domain.ts';
import { type FrameRate, rateToString } from '../time.ts';
import { CUT } from './clip-math.ts';
import { settle } from './edits-clips.ts';
import { checkTimeline } from './invariants.ts';
import { isOrderKey, keysBetween } from './order-key.ts';
import { OTIO_METADATA_FORMAT } from './otio.ts';
import { bad, childrenOf, kindOf, mediaNames, mediaOf, nodeOf, type OtioNode, ours, rangeOf, readOtio, secondsOf } from './otio-read.ts'; // biome-ignore format: one import
import { photoFinder } from './photo-names.ts';
import { audioPolicySchema, motionSchema, musicPlanSchema, rendererSchema, titleSchema } from './schema.ts';
import { listWords, plural } from './words.ts';

export interface OtioContext {
  /** The listing's photos; clips name them by id (our own files) or by file name. */
  readonly photos: readonly { readonly id: string; readonly file: string; readonly clusterId?: string }[];
  /** How a photo that comes without a move is moved over, by photo id; a gentle push-in where there is none. */
  readonly shots?: ReadonlyMap<string, Shot>;
  /** The present timeline: what a file of another program does not say is taken from it (frame, template, beats, music). */
  readonly base: Timeline;
  readonly newId: () => string;
}

export interface OtioImport {
  /** Valid. The id, version and status are the file's when it is our own, else those of `base`. */
  readonly timeline: Timeline;
  /** What the file holds and the film does not take over, as sentences. */
  readonly notes: readonly string[];
}

/** A number as it is or, so that no reader rounds it, as text. */
const exact = z.union([z.number(), z.string().transform(Number)]).pipe(z.number());

const documentSchema = z.object({
  format: z.number().int(),
  timeline_id: z.string().min(1),
  version: z.number().int(),
  status: z.enum(['draft', 'approved', 'locked']),
  template: z.enum(TEMPLATE_NAMES),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  frame_rate: z.string().regex(/^\d+\/\d+$/),
  beats: z.array(z.tuple([z.number(), z.number(), exact])),
  music: musicPlanSchema
    .extend({
      segments: z.array(z.object({ filmStartFrame: z.number(), filmEndFrame: z.number(), musicStartSeconds: exact })),
    })
    .nullable(),
  left_out: z.array(z.object({ photoId: z.string().min(1), reason: z.string() })),
});

/** Each field by itself: another program may have dropped some. */
const clipFields = {
  clip_id: z.string().min(1),
  order_key: z.string().refine(isOrderKey),
  move_frames: z.number().int().positive(),
  photo_id: z.string().min(1),
  cluster_id: z.string(),
  motion: motionSchema,
  amount: exact.refine((value) => value >= 0 && value <= 1),
  renderer: rendererSchema,
  audio_policy: audioPolicySchema,
  reason: z.string(),
};

/** Reads an .otio file's text. Throws `bad_usage` (or `file_too_large`) with a sentence; never half a film. */
export function fromOtio(text: string, context: OtioContext): OtioImport {
  const root = readOtio(text);
  const notes: string[] = [];
  const meta = readDocument(root, notes);
  const base: Timeline = meta === undefined ? context.base : { ...context.base, ...meta };
  const stack = nodeOf(root.tracks);
  if (stack === undefined) throw bad('This timeline has no tracks.');
  const { film, titles } = chooseTracks(stack, notes);
  const reader = readFilm(film, base, context, notes);
  const clips = settle(orderClips(reader.clips, reader.keys));
  const timeline: Timeline = {
    ...base,
    clips,
    titles:
      titles === undefined ? (meta === undefined ? base.titles : []) : readTitles(titles, base.frameRate, context),
    markers: [
      ...readMarkers(stack, base.frameRate, context, 0),
      ...readMarkers(film, base.frameRate, context, 0),
      ...reader.markers,
    ].sort((a, b) => a.frame - b.frame),
  };
  const problems = checkTimeline(timeline);
  if (problems.length > 0) throw bad(`This file does not give a valid film: ${problems[0]}`);
  return { timeline, notes };
}

/** What our own export says of the whole film, undefined for a file of another program. */
function readDocument(root: OtioNode, notes: string[]): Omit<Timeline, 'clips' | 'titles' | 'markers'> | undefined {
  const raw = ours(root);
  if (raw === undefined) return undefined;
  if (typeof raw.format === 'number' && raw.format > OTIO_METADATA_FORMAT) {
    throw bad('This file was written by a newer version of the studio. Update this one first.');
  }
  const parsed = documentSchema.safeParse(raw);
  if (!parsed.success) {
    notes.push('What the studio noted in this file is incomplete; frame, beats and music stay as they are.');
    return undefined;
  }
  const { data } = parsed;
  const [num = 0, den = 0] = data.frame_rate.split('/').map(Number);
  if (num < 1 || den < 1) throw bad(`${data.frame_rate} is not a frame rate.`);
  return {
    id: data.timeline_id,
    version: data.version,
    status: data.status,
    template: data.template,
    frameRate: { num, den },
    width: data.width,
    height: data.height,
    beats: data.beats.map(([frame, beatInBar, confidence]): GridBeat => ({ frame, beatInBar, confidence })),
    music: data.music,
    leftOut: data.left_out,
  };
}

/** The one video track with pictures, and the one that only has titles. */
function chooseTracks(stack: OtioNode, notes: string[]): { film: OtioNode; titles: OtioNode | undefined } {
  const tracks = childrenOf(stack);
  const nested = tracks.find((track) => kindOf(track) !== 'Track');
  if (nested !== undefined) throw nestedRefusal(nested);
  const video = tracks.filter((track) => track.kind === 'Video' && track.enabled !== false);
  const clipsOf = (track: OtioNode): OtioNode[] => childrenOf(track).filter((child) => kindOf(child) === 'Clip');
  const isTitle = (clip: OtioNode): boolean => {
    const media = mediaOf(clip);
    return media !== undefined && kindOf(media) === 'GeneratorReference';
  };
  const pictures = video.filter((track) => childrenOf(track).some((child) => !['Clip', 'Gap', 'Transition'].includes(kindOf(child))) || clipsOf(track).some((clip) => !isTitle(clip))); // biome-ignore format: one thought
  const [film, second] = pictures;
  if (film === undefined) throw bad('This timeline has no video track with pictures.');
  if (second !== undefined) {
    throw bad(
      `There are pictures on ${pictures.length} video tracks. A film here has one: put all shots on one track.`,
    );
  }
  const titles = video.filter((track) => !pictures.includes(track) && clipsOf(track).length > 0);
  if (titles.length > 1) notes.push('Only the first track of titles is taken over.');
  const mine = stack !== undefined && tracks.some((track) => track.kind === 'Audio' && ours(track) !== undefined);
  if (!mine && tracks.some((track) => track.kind === 'Audio' && clipsOf(track).length > 0)) {
    notes.push('The sound of the file is not taken over: the film keeps its music.');
  }
  return { film, titles: titles[0] };
}

interface FilmRead {
  readonly clips: TimelineClip[];
  /** Order keys as the file has them. */
  readonly keys: readonly (string | undefined)[];
  readonly markers: readonly Marker[];
}

function readFilm(film: OtioNode, base: Timeline, context: OtioContext, notes: string[]): FilmRead {
  const rate = base.frameRate;
  const perSecond = rate.num / rate.den;
  const find = photoFinder(context.photos);
  const clips: TimelineClip[] = [];
  const keys: (string | undefined)[] = [];
  const markers: Marker[] = [];
  const unknown: string[] = [];
  const rates = new Set<number>();
  const ids = new Set<string>();
  let transition: Transition | undefined;
  let effects = 0;
  let position = 0;
  let at = 0;
  const children = childrenOf(film);
  children.forEach((child, i) => {
    switch (child.enabled === false ? 'Gap' : kindOf(child)) {
      case 'Transition':
        if (transition !== undefined) throw bad(`Two transitions follow each other at ${clock(at, rate)}.`);
        transition = readTransition(child, perSecond, notes);
        return;
      case 'Gap': {
        const seconds = rangeOf(child, 'source_range')?.seconds ?? 0;
        const isLast = children.slice(i + 1).every((other) => kindOf(other) !== 'Clip' || other.enabled === false);
        if (seconds * perSecond < 0.5 || isLast) return;
        const what = child.enabled === false ? `The shot “${child.name ?? ''}” is switched off` : 'There is a gap';
        throw bad(`${what} at ${clock(at, rate)}. A film here has no gaps: close it, or fill it with a shot.`);
      }
      case 'Clip':
        break;
      default:
        throw nestedRefusal(child);
    }
    const media = mediaOf(child);
    const range =
      rangeOf(child, 'source_range') ?? (media === undefined ? undefined : rangeOf(media, 'available_range'));
    const name = child.name ?? '';
    if (range === undefined) throw bad(`The shot “${name}” says nothing of its length.`);
    // Rounded from the film's start on, so that other rates do not drift.
    position += sameRate(range.rate, perSecond) ? range.frames : range.seconds * perSecond;
    const end = Math.round(position);
    const durationFrames = end - at;
    if (durationFrames < 1) throw bad(`The shot “${name}” is shorter than a frame.`);
    if (!sameRate(range.rate, perSecond)) rates.add(range.rate);
    const raw = ours(child) ?? {};
    const field = <T>(key: keyof typeof clipFields): T | undefined => {
      const parsed = clipFields[key].safeParse(raw[key]);
      return parsed.success ? (parsed.data as T) : undefined;
    };
    const names = mediaNames(child);
    const known = field<string>('photo_id');
    const photo = (known === undefined ? undefined : find(known)) ?? names.map(find).find((one) => one !== undefined);
    if (photo === undefined) {
      unknown.push(names[0] === undefined ? name : (names[0].split('/').at(-1) ?? name));
      at = end;
      return;
    }
    effects += (child.effects ?? []).length > 0 ? 1 : 0;
    const wanted = field<string>('clip_id');
    // A shot that was cut in two elsewhere has its id twice.
    const id = wanted === undefined || ids.has(wanted) ? context.newId() : wanted;
    ids.add(id);
    keys.push(field<string>('order_key'));
    const shot = context.shots?.get(photo.id);
    const before = base.clips.find((clip) => clip.photoId === photo.id);
    const moveFrames = field<number>('move_frames');
    clips.push({
      id,
      orderKey: '',
      photoId: photo.id,
      clusterId: field<string>('cluster_id') ?? photo.clusterId ?? before?.clusterId ?? '',
      motion: field<TimelineClip['motion']>('motion') ?? before?.motion ?? shot?.recommendedMotion ?? 'push_in',
      amount: field<number>('amount') ?? before?.amount ?? shot?.amount ?? 0.5,
      renderer:
        field<TimelineClip['renderer']>('renderer') ?? before?.renderer ?? shot?.modelRecommendation ?? 'ken_burns',
      // The range of another program is one of its media, which is not our move: the whole move is shown then.
      moveFrames: moveFrames ?? durationFrames,
      sourceInFrame: moveFrames === undefined ? 0 : Math.round(range.startFrames),
      durationFrames,
      transitionIn: transition ?? CUT,
      audioPolicy: field<TimelineClip['audioPolicy']>('audio_policy') ?? before?.audioPolicy ?? 'mute',
      reason: field<string>('reason') ?? 'Imported from an OpenTimelineIO file.',
    });
    transition = undefined;
    const start = at;
    for (const marker of readMarkers(child, rate, context, start - range.startSeconds * perSecond))
      markers.push(marker);
    at = end;
  });
  if (unknown.length > 0) {
    const some = listWords([
      ...unknown.slice(0, 3).map((name) => `“${name}”`),
      ...(unknown.length > 3 ? [`${unknown.length - 3} more`] : []),
    ]);
    throw bad(`This listing has no photo for ${some}. Shots are found by the file names of their photos.`);
  }
  if (transition !== undefined) notes.push('The transition behind the last shot is not taken over.');
  if (effects > 0) notes.push(`Effects on ${plural(effects, 'shot')} are not taken over.`);
  if (rates.size > 0) {
    notes.push(`The file counts ${[...rates].map((one) => Number(one.toFixed(3))).join(', ')} frames a second, the film ${rateToString(rate)}: cuts are put on the nearest frame.`); // biome-ignore format: a sentence
  }
  if (clips.length === 0) throw bad('This timeline has no shots.');
  return { clips, keys, markers };
}

/** Order keys of the file where they are whole and in order, else new ones. */
function orderClips(clips: readonly TimelineClip[], keys: readonly (string | undefined)[]): TimelineClip[] {
  const whole = keys.every((key, i) => key !== undefined && key > (keys[i - 1] ?? ''));
  const used = whole ? keys : keysBetween(null, null, clips.length);
  return clips.map((clip, i) => ({ ...clip, orderKey: used[i] ?? '' }));
}

function readTransition(node: OtioNode, perSecond: number, notes: string[]): Transition {
  const frames = Math.round((secondsOf(node, 'in_offset') + secondsOf(node, 'out_offset')) * perSecond);
  if (frames < 1) return CUT;
  const own = z.enum(TRANSITIONS).safeParse(ours(node)?.type);
  if (own.success && own.data !== 'cut') return { type: own.data, frames };
  if (node.transition_type !== 'SMPTE_Dissolve') {
    notes.push(`The transition “${node.name || String(node.transition_type)}” becomes a cross dissolve.`);
  }
  return { type: 'cross_dissolve', frames };
}

function readTitles(track: OtioNode, rate: FrameRate, context: OtioContext): TitleCard[] {
  const perSecond = rate.num / rate.den;
  const titles: TitleCard[] = [];
  let position = 0;
  for (const child of childrenOf(track)) {
    if (kindOf(child) === 'Transition') continue;
    const range = rangeOf(child, 'source_range');
    const startFrame = Math.round(position);
    position += (range?.seconds ?? 0) * perSecond;
    const durationFrames = Math.round(position) - startFrame;
    if (kindOf(child) !== 'Clip' || child.enabled === false || durationFrames < 1) continue;
    const place = { startFrame, durationFrames };
    const own = titleSchema.safeParse({ ...z.looseObject({}).catch({}).parse(ours(child)?.title), ...place });
    if (own.success) {
      titles.push(own.data);
      continue;
    }
    const parameters = z.record(z.string(), z.unknown()).catch({}).parse(mediaOf(child)?.parameters);
    const { text = child.name, subtext } = parameters;
    titles.push({
      id: context.newId(),
      ...place,
      text: typeof text === 'string' ? text : '',
      ...(typeof subtext === 'string' && subtext !== '' ? { subtext } : {}),
    });
  }
  return titles;
}

/** A person's markers on a stack, a track or a clip; `offset` is the film frame of the item's time 0. */
function readMarkers(item: OtioNode, rate: FrameRate, context: OtioContext, offset: number): Marker[] {
  return (item.markers ?? []).flatMap((raw): Marker[] => {
    const node = nodeOf(raw);
    const range = node === undefined ? undefined : rangeOf(node, 'marked_range');
    if (node === undefined || range === undefined) return [];
    const own = ours(node);
    if (own?.kind === 'beat' || own?.kind === 'downbeat') return [];
    const frame = Math.max(0, Math.round(offset + (range.startSeconds * rate.num) / rate.den));
    const id = typeof own?.marker_id === 'string' ? own.marker_id : context.newId();
    const comment = typeof node.comment === 'string' ? node.comment : '';
    return [{ id, frame, label: node.name || comment }];
  });
}

function nestedRefusal(node: OtioNode): ReturnType<typeof bad> {
  return bad(`“${node.name || kindOf(node)}” is a ${kindOf(node)} inside the film. Flatten nested sequences first.`);
}

function sameRate(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-3;
}

function clock(frame: number, rate: FrameRate): string {
  const seconds = (frame * rate.den) / rate.num;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`;
}
