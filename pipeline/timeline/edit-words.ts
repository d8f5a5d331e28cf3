/** Labels of edits for the named history, the undo button and messages: what a person did, in a few words. */
import type { Timeline } from '../domain.ts';
import { type FrameRate, frameToSeconds } from '../time.ts';
import { clipStarts, nearestBeatIndex, snapFrame } from './clip-math.ts';
import type { Edit, SimpleEdit } from './edits-types.ts';
import type { BeatCorrection } from './grid-correct.ts';
import { motionWords, plural, secondsWords } from './words.ts';

/** What labels call things. Everything may be unknown: then the label says `shot 3`. */
export interface EditNames {
  /** Room of a clip that is on the timeline, as people call it: `kitchen`, `bedroom 2`. */
  readonly roomOf: (clipId: string) => string | undefined;
  /** Room of a photo, for clips that are only being inserted. */
  readonly roomOfPhoto?: (photoId: string) => string | undefined;
}

/** Longest label; the host takes up to 200 characters. */
const MAX_LABEL = 120;

/**
 * The label of an edit before it is applied to `timeline`: `Trim kitchen to beat 38`, `Swap photo of living room`,
 * `Delete 3 shots`. 1 to 120 characters, never throws, also where the edit will be refused.
 */
export function describeEdit(timeline: Timeline, edit: Edit, names: EditNames): string {
  const label = edit.type === 'batch' ? batchWords(timeline, edit.edits, names) : oneWords(timeline, edit, names);
  const letters = [...label];
  return letters.length <= MAX_LABEL ? label : `${letters.slice(0, MAX_LABEL - 1).join('')}…`;
}

type Type = SimpleEdit['type'];

/** Batches of one kind, by what is done to how many. */
const MANY: Partial<Readonly<Record<Type, string>>> = {
  move: 'Move',
  trimIn: 'Trim',
  trimOut: 'Trim',
  slip: 'Slip',
  delete: 'Delete',
  insert: 'Insert',
  swapPhoto: 'Swap photos of',
  swapTake: 'Swap takes of',
  setTransition: 'Change transitions of',
  setMotion: 'Change motion of',
  setAmount: 'Change the boldness of',
  setRenderer: 'Change the renderer of',
  setDuration: 'Change lengths of',
  setAudio: 'Change the sound of',
};

function batchWords(timeline: Timeline, edits: readonly SimpleEdit[], names: EditNames): string {
  const first = edits[0];
  if (first === undefined) return 'Change nothing';
  if (edits.length === 1) return oneWords(timeline, first, names);
  const types = new Set(edits.map((edit) => edit.type));
  const ids = new Set(edits.map(clipOf).filter((id) => id !== undefined));
  // A change of motion comes with its amount: named by what the eye sees.
  const main = types.has('setMotion') && [...types].every((type) => type === 'setMotion' || type === 'setAmount');
  const type = main ? 'setMotion' : first.type;
  const sameKind = types.size === 1 || main;
  if (sameKind && ids.size === 1) return oneWords(timeline, edits.find((edit) => edit.type === type) ?? first, names);
  const verb = MANY[type];
  if (sameKind && verb !== undefined) return `${verb} ${plural(ids.size, 'shot')}`;
  if (sameKind && (type === 'setMarker' || type === 'removeMarker')) {
    return `${type === 'setMarker' ? 'Set' : 'Remove'} ${plural(edits.length, 'marker')}`;
  }
  if (sameKind && type === 'correctBeats') return `Correct beats in ${plural(edits.length, 'step')}`;
  // A paste inside a shot splits it first.
  const pasted = edits.filter((edit) => edit.type === 'insert').length;
  if (pasted > 0 && [...types].every((one) => one === 'insert' || one === 'split')) {
    return `Insert ${plural(pasted, 'shot')}`;
  }
  return ids.size > 0 ? `Change ${plural(ids.size, 'shot')}` : `Change ${plural(edits.length, 'thing')}`;
}

function clipOf(edit: SimpleEdit): string | undefined {
  if ('clipId' in edit) return edit.clipId;
  return edit.type === 'insert' ? edit.clip.id : undefined;
}

function oneWords(timeline: Timeline, edit: SimpleEdit, names: EditNames): string {
  const rate = timeline.frameRate;
  const shot = 'clipId' in edit ? shotWords(timeline, edit.clipId, names) : '';
  switch (edit.type) {
    case 'move':
      return edit.before === null
        ? `Move ${shot} to the end`
        : edit.before === timeline.clips[0]?.id
          ? `Move ${shot} to the start`
          : `Move ${shot} before ${shotWords(timeline, edit.before, names)}`;
    case 'trimIn':
      return `Trim the start of ${shot} by ${signed(-edit.frames, rate)}`;
    case 'trimOut':
      return `Trim ${shot} to ${whereCut(timeline, edit.clipId, 1, edit.frames, edit.magnet)}`;
    case 'roll':
      return `Roll the cut into ${shot} to ${whereCut(timeline, edit.clipId, 0, edit.frames, edit.magnet)}`;
    case 'slip':
      return `Slip ${shot} by ${signed(edit.frames, rate)}`;
    case 'split': {
      const at = snapFrame(timeline.beats, edit.atFrame, edit.magnet);
      const starts = clipStarts(timeline.clips);
      const clip = timeline.clips.find((_, i) => at > (starts[i] ?? 0) && at < (starts[i + 1] ?? 0));
      return `Split ${clip === undefined ? 'a shot' : shotWords(timeline, clip.id, names)} at ${where(timeline, at)}`;
    }
    case 'delete':
      return `Delete ${shot}`;
    case 'insert':
      return `Insert ${names.roomOfPhoto?.(edit.clip.photoId) ?? 'a shot'}`;
    case 'swapTake':
      return `Swap take of ${shot}`;
    case 'swapPhoto':
      return `Swap photo of ${shot}`;
    case 'setTransition':
      return edit.transition.frames === 0
        ? `Cut into ${shot}`
        : `${capital(motionWords(edit.transition.type))} into ${shot}, ${secondsWords(edit.transition.frames, rate)}`;
    case 'setMotion':
      return `${capital(motionWords(edit.motion))} over ${shot}`;
    case 'setAmount': {
      const now = timeline.clips.find((clip) => clip.id === edit.clipId)?.amount ?? edit.amount;
      return `${edit.amount >= now ? 'Bolder' : 'Gentler'} move over ${shot}`;
    }
    case 'setRenderer':
      return `Render ${shot} with ${motionWords(edit.renderer)}`;
    case 'setDuration':
      return `Make ${shot} last ${frameToSeconds(edit.durationFrames, rate).toFixed(1)} s`;
    case 'setAudio':
      return `${edit.audioPolicy === 'mute' ? 'Mute' : edit.audioPolicy === 'keep' ? 'Keep sound of' : 'Duck music under'} ${shot}`;
    case 'setTitles':
      return titleWords(timeline, edit.titles);
    case 'setMarker': {
      const old = timeline.markers.find((marker) => marker.id === edit.marker.id);
      const name = edit.marker.label === '' ? 'marker' : `marker “${edit.marker.label}”`;
      if (old === undefined) return `Add ${name} at ${where(timeline, edit.marker.frame)}`;
      return old.frame === edit.marker.frame
        ? `Rename marker to “${edit.marker.label}”`
        : `Move ${name} to ${where(timeline, edit.marker.frame)}`;
    }
    case 'removeMarker': {
      const label = timeline.markers.find((marker) => marker.id === edit.markerId)?.label ?? '';
      return label === '' ? 'Remove marker' : `Remove marker “${label}”`;
    }
    case 'correctBeats':
      return beatWords(timeline, edit.correction);
    case 'setMusic':
      return edit.music === null ? 'Remove the music' : timeline.music === null ? 'Add music' : 'Lay the music anew';
    case 'setTemplate':
      return edit.template === timeline.template
        ? 'Build the film anew'
        : `Change the template to ${motionWords(edit.template)}`;
    case 'patch':
      return 'Undo or redo';
  }
}

/** The clip's room, with the shot's number where the room has several: `kitchen`, `kitchen (shot 4)`. */
function shotWords(timeline: Timeline, clipId: string, names: EditNames): string {
  const index = timeline.clips.findIndex((clip) => clip.id === clipId);
  const room = names.roomOf(clipId);
  if (index < 0) return room ?? 'a shot';
  if (room === undefined || room === '') return `shot ${index + 1}`;
  const { clusterId } = timeline.clips[index] ?? { clusterId: '' };
  const several = timeline.clips.filter((clip) => clip.clusterId === clusterId).length > 1;
  return several ? `${room} (shot ${index + 1})` : room;
}

/** Where the cut at the start (0) or end (1) of a clip goes. */
function whereCut(
  timeline: Timeline,
  clipId: string,
  side: 0 | 1,
  frames: number,
  magnet: 'frames' | 'beats' | 'downbeats',
): string {
  const index = timeline.clips.findIndex((clip) => clip.id === clipId);
  const at = (clipStarts(timeline.clips)[index + side] ?? 0) + frames;
  return where(timeline, snapFrame(timeline.beats, at, magnet));
}

/** `beat 38` (the first beat of the film is 1) where there is one, else the time: `0:12.4`. */
function where(timeline: Timeline, frame: number): string {
  const index = nearestBeatIndex(timeline.beats, frame);
  if (timeline.beats[index]?.frame === frame) return `beat ${index + 1}`;
  const tenths = Math.max(0, Math.round(frameToSeconds(frame, timeline.frameRate) * 10));
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, '0')}.${tenths % 10}`;
}

function signed(frames: number, rate: FrameRate): string {
  return `${frames < 0 ? '−' : '+'}${secondsWords(Math.abs(frames), rate)}`;
}

function titleWords(timeline: Timeline, titles: Timeline['titles']): string {
  const name = (text: string): string => (text === '' ? 'title' : `title “${text}”`);
  const old = new Map(timeline.titles.map((title) => [title.id, title]));
  const added = titles.filter((title) => !old.has(title.id));
  const gone = timeline.titles.filter((title) => !titles.some(({ id }) => id === title.id));
  const [one] = added;
  const [lost] = gone;
  if (one !== undefined && added.length === 1 && lost === undefined) return `Add ${name(one.text)}`;
  if (lost !== undefined && gone.length === 1 && one === undefined) return `Remove ${name(lost.text)}`;
  if (one !== undefined || lost !== undefined) return titles.length === 0 ? 'Remove all titles' : 'Change titles';
  const changed = titles.filter((title) => JSON.stringify(old.get(title.id)) !== JSON.stringify(title));
  const [first] = changed;
  return first !== undefined && changed.length === 1 ? `Change ${name(first.text)}` : 'Change titles';
}

function beatWords(timeline: Timeline, correction: BeatCorrection): string {
  const rate = timeline.frameRate;
  switch (correction.kind) {
    case 'shift':
      return `Shift beats by ${signed(correction.frames, rate)}`;
    case 'double':
      return 'Double the beats';
    case 'halve':
      return 'Halve the beats';
    case 'setBar':
      return `Count ${plural(correction.beatsPerBar, 'beat')} in a bar`;
    case 'tap':
      return `Tap the beat (${plural(correction.frames.length, 'tap')})`;
    case 'moveBeat': {
      const index = nearestBeatIndex(timeline.beats, correction.fromFrame);
      return `Move beat ${index + 1} by ${signed(correction.toFrame - correction.fromFrame, rate)}`;
    }
    case 'addBeat':
      return `Add a beat at ${where(timeline, correction.frame)}`;
    case 'removeBeat':
      return `Remove ${where(timeline, correction.frame)}`;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
