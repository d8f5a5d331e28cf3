/** What a film can be made of: the shots of an analysis, sifted by a person's decisions and put into film order. */
import type {Analysis, 
  AnalyzedPhoto, HumanDecisions, Motion, RendererName, RoomCluster, RoomType, Shot,
} from '../domain.ts'; // biome-ignore format: one import
import { ROOM_TYPES } from '../domain.ts';
import type { Template } from './templates.ts';

/** Most different moves over one photo in a film; more and the viewer notices that there is no other picture. */
export const MAX_MOVES_PER_PHOTO = 3;
/** Motions offered to the search for one shot: the recommended one and this many alternatives less one. */
const MAX_MOTIONS = 4;
/** Lowers the weight of the n-th room of the same type: the fourth bedroom sells less than the only office. */
const SAME_TYPE_DECAY = 0.9;
/** Moves that any flat photo bears, for a further look at a photo whose plan allows only one. */
const SAFE_MOTIONS: readonly Motion[] = ['push_in', 'pull_out', 'pan_right', 'pan_left'];
/** Evening light closes a film best. Photographers name such files so, and cameras say the hour (from 18 to 6). */
const DUSK_NAME = /dusk|twilight|sunset|night|evening|blue.?hour/i;
const DUSK_BONUS = 0.5;

export const OUTSIDE: ReadonlySet<RoomType> = new Set<RoomType>([
  'exterior_front', 'exterior_back', 'aerial', 'balcony', 'patio', 'pool', 'garden', 'view',
]); // biome-ignore format: one glance

/** A shot that may be in the film. */
export interface Candidate {
  readonly photoId: string;
  readonly clusterId: string;
  /** Which room in film order; shots of one room have the same number. */
  readonly group: number;
  readonly room: RoomType;
  /** 0 for the room's best shot. */
  readonly rank: number;
  readonly shot: Shot;
  /** 0..1 */
  readonly value: number;
  /** Chosen by a person as the hero of its room. */
  readonly hero: boolean;
  /** 0..1: how much it matters that this room is shown at all. */
  readonly importance: number;
  /** Preferred first. */
  readonly motions: readonly Motion[];
  readonly renderer: RendererName;
  readonly motionByPerson: boolean;
  /** A person's length for this photo, seconds. */
  readonly wishSeconds: number | undefined;
  /** 0 for the first look at a photo, 1.. for further moves over it. */
  readonly look: number;
}

export interface Material {
  /** In film order, rooms together, best first within a room. */
  readonly candidates: readonly Candidate[];
  readonly leftOut: readonly { readonly photoId: string; readonly reason: string }[];
}

/** Sifts photos and orders rooms as the template asks. Deterministic: ties keep the order of the analysis. */
export function gatherMaterial(
  analysis: Analysis,
  decisions: HumanDecisions,
  template: Template,
  renderer: RendererName | undefined,
): Material {
  const excluded = new Set(decisions.excluded);
  const heroes = new Set(decisions.heroes);
  const leftOut: { photoId: string; reason: string }[] = [];
  const clusterOf = new Map<string, RoomCluster>();
  const shotOf = new Map<string, Shot>();
  for (const cluster of analysis.clusters) {
    for (const photoId of cluster.photoIds) clusterOf.set(photoId, cluster);
    for (const shot of cluster.shots) {
      clusterOf.set(shot.photoId, cluster);
      if (!shotOf.has(shot.photoId)) shotOf.set(shot.photoId, shot);
    }
  }
  const chosenOfDuplicates = chooseAmongDuplicates(analysis.photos, excluded, heroes);

  interface Room {
    readonly type: RoomType;
    readonly firstPhoto: number;
    readonly members: { photo: AnalyzedPhoto; clusterId: string; shot: Shot; hero: boolean }[];
  }
  const rooms = new Map<string, Room>();
  analysis.photos.forEach((photo, index) => {
    if (excluded.has(photo.id)) {
      leftOut.push({ photoId: photo.id, reason: 'A person excluded it.' });
      return;
    }
    const better = chosenOfDuplicates.get(photo.id);
    if (better !== undefined && better !== photo.id) {
      leftOut.push({ photoId: photo.id, reason: `It shows nearly the same as ${better}, which is better.` });
      return;
    }
    const cluster = clusterOf.get(photo.id);
    const hero = heroes.has(photo.id);
    // A hero, or the stand-in for an excluded twin, has a place in the film even where the plan has no shot of it.
    const shot = shotOf.get(photo.id) ?? (hero || photo.duplicateOf !== undefined ? plainShot(photo) : undefined);
    if (shot === undefined) {
      leftOut.push({ photoId: photo.id, reason: 'The motion plan has no shot of it: better views of its room exist.' });
      return;
    }
    const type = decisions.roomOverride[photo.id] ?? cluster?.roomType ?? photo.roomLabel;
    const clusterId = cluster?.id ?? photo.clusterId;
    const key = `${clusterId}\n${type}`;
    const room: Room = rooms.get(key) ?? { type, firstPhoto: index, members: [] };
    room.members.push({ photo, clusterId, shot, hero });
    rooms.set(key, room);
  });

  for (const room of rooms.values()) {
    room.members.sort((a, b) => Number(b.hero) - Number(a.hero) || b.shot.value - a.shot.value);
  }
  const best = (room: Room): number => {
    const first = room.members[0];
    return first === undefined ? 0 : first.shot.value + (first.hero ? 1 : 0);
  };
  const ordered = [...rooms.values()].sort(
    (a, b) => placeOf(a.type, template) - placeOf(b.type, template) || best(b) - best(a) || a.firstPhoto - b.firstPhoto,
  );
  const seen = new Map<RoomType, number>();
  const candidates: Candidate[] = [];
  ordered.forEach((room, group) => {
    const before = seen.get(room.type) ?? 0;
    seen.set(room.type, before + 1);
    const importance = (template.roomImportance[room.type] ?? 1) * SAME_TYPE_DECAY ** before;
    room.members.forEach(({ photo, clusterId, shot, hero }, rank) => {
      const wished = decisions.motions[photo.id];
      candidates.push({
        photoId: photo.id,
        clusterId,
        group,
        room: room.type,
        rank,
        shot,
        value: Math.min(1, Math.max(0, shot.value)),
        hero,
        importance,
        motions: wished === undefined ? motionsOf(shot) : [wished],
        motionByPerson: wished !== undefined,
        renderer: renderer ?? shot.modelRecommendation,
        wishSeconds: decisions.durationsSeconds[photo.id],
        look: 0,
      });
    });
  });
  return { candidates, leftOut };
}

/** The same candidates for look 0, 1, … of `looks`, with motions dealt out so that no photo repeats a move. */
export function furtherLooks(candidates: readonly Candidate[], looks: number): Candidate[] {
  const result: Candidate[] = [];
  const groups = Math.max(0, ...candidates.map((candidate) => candidate.group)) + 1;
  for (let look = 0; look < looks; look++) {
    for (const candidate of candidates) {
      const known = new Set(
        candidate.motions.length === 1 ? [...candidate.motions, ...motionsOf(candidate.shot)] : candidate.motions,
      );
      const still = candidate.room === 'floor_plan' || (known.size === 1 && known.has('static'));
      const pool = still ? [...known] : [...new Set([...known, ...SAFE_MOTIONS])];
      // Look 0 keeps what is recommended (or what a person asked for); the others share the rest.
      const dealt =
        look === 0
          ? pool.slice(0, 1)
          : pool
              .slice(1)
              .filter((_, i) => i % (looks - 1) === look - 1)
              .slice(0, MAX_MOTIONS);
      if (dealt.length === 0) continue;
      result.push({ ...candidate, motions: dealt, look, group: candidate.group + look * groups });
    }
  }
  return result;
}

/** Best shot to open with by the template's list of rooms: type first, then a person's hero, then value. */
export function chooseOpening(candidates: readonly Candidate[], template: Template): Candidate | undefined {
  return pick(candidates, (candidate) => {
    const place = template.opening.rooms.indexOf(candidate.room);
    return place < 0
      ? undefined
      : 10 * (template.opening.rooms.length - place) + (candidate.hero ? 2 : 0) + candidate.value;
  });
}

/** Best shot to close with: evening light, aerial, view; never the opening's photo. */
export function chooseClosing(
  candidates: readonly Candidate[],
  template: Template,
  photos: ReadonlyMap<string, AnalyzedPhoto>,
  opening: Candidate | undefined,
): Candidate | undefined {
  const list = template.closing.rooms;
  return pick(candidates, (candidate) => {
    const place = list.indexOf(candidate.room);
    if (place < 0 || candidate.photoId === opening?.photoId) return undefined;
    const photo = photos.get(candidate.photoId);
    const dusk = photo !== undefined && isDusk(photo);
    return candidate.value + (dusk ? DUSK_BONUS : 0) + 0.4 * ((list.length - place) / list.length);
  });
}

export function isDusk(photo: AnalyzedPhoto): boolean {
  if (DUSK_NAME.test(photo.file)) return true;
  const hour = photo.takenAt === undefined ? Number.NaN : Number(photo.takenAt.slice(11, 13));
  return OUTSIDE.has(photo.roomLabel) && (hour >= 18 || hour < 6);
}

function pick(
  candidates: readonly Candidate[],
  score: (candidate: Candidate) => number | undefined,
): Candidate | undefined {
  let best: Candidate | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const value = score(candidate);
    if (value !== undefined && value > bestScore) [best, bestScore] = [candidate, value];
  }
  return best;
}

/** Place of a room type in the film; types the template does not name come before the last third, in taxonomy order. */
function placeOf(type: RoomType, template: Template): number {
  const place = template.roomOrder.indexOf(type);
  return place >= 0 ? place : template.roomOrder.length * 0.67 + ROOM_TYPES.indexOf(type) / 1000;
}

/** The move that answers another one. */
const OPPOSITE: Readonly<Record<Motion, Motion>> = {
  static: 'push_in',
  push_in: 'pull_out',
  pull_out: 'push_in',
  pan_left: 'pan_right',
  pan_right: 'pan_left',
  tilt_up: 'tilt_down',
  tilt_down: 'tilt_up',
  dolly_left: 'dolly_right',
  dolly_right: 'dolly_left',
  orbit_left: 'orbit_right',
  orbit_right: 'orbit_left',
  crane_up: 'crane_down',
  crane_down: 'crane_up',
};

/** The plan's own move, the one that answers it, the other moves; holding still comes last, a film should move. */
function motionsOf(shot: Shot): Motion[] {
  const { recommendedMotion: own, allowedMotions: allowed } = shot;
  const answer = allowed.filter((motion) => motion === OPPOSITE[own]);
  const moving = allowed.filter((motion) => motion !== 'static');
  return [...new Set([own, ...answer, ...moving, ...allowed])].slice(0, MAX_MOTIONS);
}

function plainShot(photo: AnalyzedPhoto): Shot {
  return {
    photoId: photo.id,
    recommendedMotion: 'push_in',
    allowedMotions: ['push_in', 'pull_out', 'static'],
    recommendedDurationSeconds: 3,
    tier: '2d',
    modelRecommendation: 'ken_burns',
    amount: 0.5,
    value: photo.finalScore,
    reason: 'not in the motion plan: a gentle push-in is safe for any photo',
  };
}

/** Photo → the one photo of its near-duplicates that is used: a person's hero, else the original, else the best left. */
function chooseAmongDuplicates(
  photos: readonly AnalyzedPhoto[],
  excluded: ReadonlySet<string>,
  heroes: ReadonlySet<string>,
): Map<string, string> {
  const byId = new Map(photos.map((photo) => [photo.id, photo]));
  const rootOf = (photo: AnalyzedPhoto): string => {
    let at = photo;
    // Bounded, so that a circle in damaged data ends.
    for (let hops = 0; hops < photos.length && at.duplicateOf !== undefined; hops++) {
      const next = byId.get(at.duplicateOf);
      if (next === undefined) break;
      at = next;
    }
    return at.id;
  };
  const groups = new Map<string, AnalyzedPhoto[]>();
  for (const photo of photos) {
    const root = rootOf(photo);
    groups.set(root, [...(groups.get(root) ?? []), photo]);
  }
  const result = new Map<string, string>();
  for (const [root, members] of groups) {
    if (members.length < 2) continue;
    const usable = members.filter((photo) => !excluded.has(photo.id));
    const rank = (photo: AnalyzedPhoto): number =>
      (heroes.has(photo.id) ? 4 : 0) + (photo.id === root ? 2 : 0) + photo.finalScore;
    const chosen = usable.toSorted((a, b) => rank(b) - rank(a))[0];
    if (chosen !== undefined) for (const photo of members) result.set(photo.id, chosen.id);
  }
  return result;
}
