/** The menu of what lies under the pointer, or of the focused clip: everything that a drag does, by name. */
import { type Marker, MOTIONS, type Timeline, type TitleCard, TRANSITIONS } from '../../../../pipeline/domain.ts';
import { changeMany } from '../../../../pipeline/timeline/edits-make.ts';
import { motionWords } from '../../../../pipeline/timeline/words.ts';
import { playhead } from '../../../stores/playhead.ts';
import { setRange, useTimeline } from '../../../stores/timeline.ts';
import type { MenuEntry } from '../../../ui/index.ts';
import { act } from '../panels/labels.ts';
import { TRANSITION_WORDS } from '../panels/words.ts';
import {
  addBeat,
  addMarker,
  addTitle,
  blade,
  canPaste,
  copy,
  cutOut,
  duplicate,
  goTo,
  nudgeBeat,
  paste,
  remove,
  removeBeat,
  removeTitle,
  rollBy,
  setMotion,
  setTransition,
  shift,
  slip,
  trimBy,
} from './actions.ts';
import { type Hit, stepFrom } from './geometry.ts';
import { editOf, type Grip } from './gestures.ts';
import type { PointerActions } from './pointer.ts';
import type { Scene } from './scene.ts';

/** Frames by which the playhead may miss a marker that is meant. */
const NEAR_FRAMES = 3;

export interface MenuPlace {
  readonly hit: Hit;
  /** Film frame under the pointer. */
  readonly frame: number;
  /** Opened by a key: the frame is the playhead's. */
  readonly byKeys?: boolean;
}

export type KeyOf = (id: Parameters<typeof import('../../../keys/keymap.ts').shownKey>[0]) => string | undefined;

export function menuFor(place: MenuPlace, scene: Scene, keyOf: KeyOf, actions: PointerActions): readonly MenuEntry[] {
  const { hit, frame } = place;
  const off = scene.locked;
  const { timeline } = scene;
  const here: readonly MenuEntry[] = [
    { kind: 'line' },
    { label: 'Playhead here', onSelect: () => goTo(frame) },
    { label: 'Range begins here', kbd: keyOf('range.in'), onSelect: () => setRange({ inFrame: frame }) },
    { label: 'Range ends here', kbd: keyOf('range.out'), onSelect: () => setRange({ outFrame: frame + 1 }) },
    { label: 'Marker here', kbd: keyOf('marker.add'), disabled: off, onSelect: () => void addMarker(frame) },
  ];
  switch (hit.kind) {
    case 'clip':
    case 'edge':
    case 'transition':
      return [...clipMenu(hit.index, frame, scene, keyOf), ...here];
    case 'beat': {
      const beat = timeline.beats[hit.index];
      if (beat === undefined) return here;
      const nudge = (frames: number) => () => {
        goTo(beat.frame);
        nudgeBeat(frames);
      };
      return [
        { kind: 'heading', label: beat.beatInBar === 1 ? 'Downbeat' : `Beat ${beat.beatInBar}` },
        { label: 'A frame earlier', kbd: keyOf('beat.earlier'), disabled: off, onSelect: nudge(-1) },
        { label: 'A frame later', kbd: keyOf('beat.later'), disabled: off, onSelect: nudge(1) },
        {
          label: 'A bar begins here',
          disabled: off,
          onSelect: () => {
            const perBar = Math.max(1, ...timeline.beats.map((one) => one.beatInBar));
            const correction = {
              kind: 'setBar' as const,
              beatsPerBar: Math.min(16, perBar),
              downbeatFrame: beat.frame,
            };
            act({ type: 'correctBeats', correction });
          },
        },
        {
          label: 'Remove the beat',
          kbd: keyOf('beat.remove'),
          disabled: off,
          danger: true,
          onSelect: () => removeBeat(beat.frame),
        },
        ...here,
      ];
    }
    case 'beats':
      return [{ label: 'Beat here', kbd: keyOf('beat.add'), disabled: off, onSelect: () => addBeat(frame) }, ...here];
    case 'marker': {
      const marker = timeline.markers[hit.index];
      if (marker === undefined) return here;
      return [{ kind: 'heading', label: marker.label }, ...markerEntries(marker, timeline, off, actions), ...here];
    }
    case 'title': {
      const title = timeline.titles[hit.index];
      if (title === undefined) return here;
      return [{ kind: 'heading', label: title.text }, ...titleEntries(title, timeline, off, actions), ...here];
    }
    case 'titles':
      return [{ label: 'Title here', disabled: off, onSelect: () => void addTitle(frame) }, ...here];
    default:
      return here.slice(1);
  }
}

/** The menu by keys: the clip in hand, and the marker and the title at the playhead, which no key focuses. */
export function menuByKeys(clip: number, frame: number, scene: Scene, keyOf: KeyOf, actions: PointerActions) {
  const { timeline, locked: off } = scene;
  const near = timeline.markers.find((marker) => Math.abs(marker.frame - frame) <= NEAR_FRAMES);
  const title = timeline.titles.find((one) => frame >= one.startFrame && frame < one.startFrame + one.durationFrames);
  const more: MenuEntry[] = [
    ...(near === undefined
      ? []
      : [
          {
            kind: 'sub' as const,
            label: `Marker “${near.label}”`,
            entries: markerEntries(near, timeline, off, actions),
          },
        ]),
    title === undefined
      ? { label: 'Title here', disabled: off, onSelect: () => void addTitle(frame) }
      : { kind: 'sub' as const, label: `Title “${title.text}”`, entries: titleEntries(title, timeline, off, actions) },
  ];
  return [...menuFor({ hit: { kind: 'clip', index: clip }, frame }, scene, keyOf, actions), ...more];
}

/** The drag of this grip by one step of the magnet. */
function pull(timeline: Timeline, grip: Grip, from: number, direction: 1 | -1): () => void {
  return () => {
    const { ripple, magnet } = useTimeline.getState();
    const frames = stepFrom(timeline.beats, from, direction, magnet) - from;
    const made = editOf(timeline, grip, frames, 0, { ripple, magnet });
    if (made !== null) act(made);
  };
}

function markerEntries(marker: Marker, timeline: Timeline, off: boolean, actions: PointerActions): MenuEntry[] {
  const grip: Grip = { kind: 'marker', markerId: marker.id };
  return [
    { label: 'Go to it', onSelect: () => goTo(marker.frame) },
    { label: 'Rename', disabled: off, onSelect: () => actions.renameMarker(marker.id) },
    { label: 'A step earlier', disabled: off, onSelect: pull(timeline, grip, marker.frame, -1) },
    { label: 'A step later', disabled: off, onSelect: pull(timeline, grip, marker.frame, 1) },
    {
      label: 'Move to the playhead',
      disabled: off,
      onSelect: () => act({ type: 'setMarker', marker: { ...marker, frame: playhead.frame } }),
    },
    {
      label: 'Remove the marker',
      disabled: off,
      danger: true,
      onSelect: () => act({ type: 'removeMarker', markerId: marker.id }),
    },
  ];
}

function titleEntries(title: TitleCard, timeline: Timeline, off: boolean, actions: PointerActions): MenuEntry[] {
  const end = title.startFrame + title.durationFrames;
  const by = (part: 'body' | 'end', direction: 1 | -1) =>
    pull(timeline, { kind: 'title', titleId: title.id, part }, part === 'end' ? end : title.startFrame, direction);
  return [
    { label: 'Change the text', disabled: off, onSelect: () => actions.renameTitle(title.id) },
    { label: 'A step earlier', disabled: off, onSelect: by('body', -1) },
    { label: 'A step later', disabled: off, onSelect: by('body', 1) },
    { label: 'Shorter by a step', disabled: off, onSelect: by('end', -1) },
    { label: 'Longer by a step', disabled: off, onSelect: by('end', 1) },
    { label: 'Remove the title', disabled: off, danger: true, onSelect: () => removeTitle(title.id) },
  ];
}

function clipMenu(index: number, frame: number, scene: Scene, keyOf: KeyOf): readonly MenuEntry[] {
  const { timeline } = scene;
  const clip = timeline.clips[index];
  if (clip === undefined) return [];
  const off = scene.locked;
  const { selected } = useTimeline.getState();
  const ids = selected.has(clip.id) ? [...selected] : [clip.id];
  const many = ids.length > 1 ? ` ${ids.length} shots` : '';
  const item = (label: string, id: Parameters<KeyOf>[0] | null, onSelect: () => void, more = {}): MenuEntry => ({
    label,
    kbd: id === null ? undefined : keyOf(id),
    disabled: off,
    onSelect,
    ...more,
  });
  const { type, frames } = clip.transitionIn;
  return [
    { kind: 'heading', label: `${scene.rooms.get(clip.id) ?? 'Shot'} · shot ${index + 1}` },
    item(`Copy${many}`, 'clip.copy', copy, { disabled: false }),
    item(`Cut out${many}`, 'clip.cut', cutOut),
    item('Paste at the playhead', 'clip.paste', paste, { disabled: off || !canPaste() }),
    item(`Duplicate${many}`, 'clip.duplicate', duplicate),
    item('Blade here', 'cut.blade', () => blade(frame)),
    { kind: 'line' },
    {
      kind: 'sub',
      label: `Into the shot: ${TRANSITION_WORDS[type]}`,
      entries: [
        ...TRANSITIONS.map((one) => ({
          kind: 'check' as const,
          label: TRANSITION_WORDS[one],
          checked: one === type,
          disabled: off,
          onChange: () => setTransition(clip.id, one),
        })),
        { kind: 'line' as const },
        ...[6, 12, 18, 24].map((length) => ({
          kind: 'check' as const,
          label: `${length} frames`,
          checked: length === frames,
          disabled: off || type === 'cut',
          onChange: () => setTransition(clip.id, type, length),
        })),
      ],
    },
    {
      kind: 'sub',
      label: `Motion: ${motionWords(clip.motion)}`,
      entries: MOTIONS.map((one) => ({
        kind: 'check' as const,
        label: motionWords(one),
        checked: one === clip.motion,
        disabled: off,
        onChange: () => setMotion(ids, one),
      })),
    },
    {
      kind: 'sub',
      label: 'Sound',
      entries: (['mute', 'duck', 'keep'] as const).map((one) => ({
        kind: 'check' as const,
        label: { mute: 'Music only', duck: 'Music ducks under it', keep: 'Its own sound, too' }[one],
        checked: one === clip.audioPolicy,
        disabled: off,
        onChange: () => act(changeMany(timeline, ids, { audioPolicy: one })),
      })),
    },
    {
      kind: 'sub',
      label: 'Trim, roll, slip, move',
      entries: [
        item('Shorter by a step', 'trim.shorter', () => trimBy('out', -1)),
        item('Longer by a step', 'trim.longer', () => trimBy('out', 1)),
        item('Start later by a step', 'trim.startLater', () => trimBy('in', 1)),
        item('Start earlier by a step', 'trim.startEarlier', () => trimBy('in', -1)),
        item('Cut earlier by a step', 'roll.earlier', () => rollBy(-1)),
        item('Cut later by a step', 'roll.later', () => rollBy(1)),
        item('Slip a frame earlier', 'clip.slipEarlier', () => slip(-1)),
        item('Slip a frame later', 'clip.slipLater', () => slip(1)),
        item('One place earlier', 'clip.earlier', () => shift(-1)),
        item('One place later', 'clip.later', () => shift(1)),
      ],
    },
    { kind: 'line' },
    item(`Delete${many}`, 'clip.delete', () => remove(), { danger: true }),
    item('Delete, with ripple the other way', 'clip.deleteOther', () => remove(true)),
  ];
}
