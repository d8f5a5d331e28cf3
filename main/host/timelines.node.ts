/** A listing's film: what a page shows, a person's edits on it, undo, versions. What is answered is durable. */
import { PicaividError } from '../../base/errors.ts';
import { newId } from '../../db/id.node.ts';
import type { Film, FilmStep, PlannedEdit } from '../../db/studio/films.node.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import { carryOver } from '../../pipeline/timeline/compare.ts';
import { patchBetween } from '../../pipeline/timeline/edits-inverse.ts';
import { replaceBy } from '../../pipeline/timeline/edits-make.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { fromOtio } from '../../pipeline/timeline/otio-import.ts';
import { rebaseEdit } from '../../pipeline/timeline/rebase.ts';
import type { HistoryEntry } from './contract.ts';
import { cardOf, mustListing } from './listings.node.ts';
import { type FilmBuilder, type FilmCore, settingsChanges } from './timeline-build.node.ts';
import type { EditAnswer, TimelineDocument, TimelineService } from './timeline-contract.ts';

/** Steps listed in the history. */
const HISTORY_LENGTH = 500;
/** Steps back that an edit may have been made on; what is older is to be looked at again. */
const RECENT_STEPS = 50;

interface Recent {
  readonly revision: number;
  /** What led from this revision to the next. */
  readonly edit: Edit;
  readonly base: Timeline;
}

export type FilmMethods = Omit<TimelineService, 'music' | 'addMusic' | 'removeMusic' | 'mixFacts'>;

export function filmMethods(
  film: FilmCore,
  builder: FilmBuilder,
): FilmMethods & {
  readonly mustFilm: (listingId: string) => Promise<Film>;
  /** The film was changed by others since `before`: an edit that a page makes on that one is meant on the one of now. */
  readonly follow: (listingId: string, before: Film) => Promise<void>;
} {
  const { core, films, music } = film;
  /** By listing: what was done lately, for edits that were made on an older revision. */
  const recent = new Map<string, Recent[]>();

  const must = async (listingId: string): Promise<Film> => {
    await mustListing(core, listingId);
    const found = await films.film(listingId);
    if (found === undefined)
      throw new PicaividError('transition_refused', 'This listing has no film yet. Open its timeline to build one.');
    return found;
  };

  const document = async (listingId: string): Promise<TimelineDocument> => {
    const row = await mustListing(core, listingId);
    const known = await films.film(listingId);
    const source = await builder.source(row);
    const settings = await builder.settings(row, known);
    const versions = await films.versions(listingId);
    const steps = known === undefined ? { undo: null, redo: null } : await films.undoRedo(known);
    return {
      listing: await cardOf(core, row),
      settings,
      timeline: known?.timeline ?? null,
      revision: known?.revision ?? 0,
      ...steps,
      analysis: source?.view ?? null,
      light: source === undefined ? {} : await builder.meter.of(source.analysis.photos),
      track: known?.track ?? null,
      music: settings.musicId === null ? null : await music.row(settings.musicId),
      stale: known !== undefined && source !== undefined && known.sourceKey !== source.key,
      versionName: versions[0]?.name ?? null,
    };
  };

  const told = async (listingId: string, before: Timeline | undefined, step: FilmStep): Promise<EditAnswer> => {
    const { film: after, label, edit } = step;
    if (before !== undefined) {
      const steps = recent.get(listingId) ?? [];
      recent.set(listingId, [...steps, { revision: after.revision - 1, edit, base: before }].slice(-RECENT_STEPS));
    }
    core.bus.emit({ type: 'timeline', listingId, revision: after.revision });
    const row = await mustListing(core, listingId);
    return {
      revision: after.revision,
      label,
      edit,
      ...(await films.undoRedo(after)),
      settings: await builder.settings(row, after),
    };
  };

  const edited = async (
    listingId: string,
    label: string,
    plan: (film: Film) => PlannedEdit | Promise<PlannedEdit>,
  ): Promise<EditAnswer> => {
    await mustListing(core, listingId);
    let before: Timeline | undefined;
    const step = await films.edit(listingId, label, null, (known) => {
      before = known.timeline;
      return plan(known);
    });
    return told(listingId, before, step);
  };

  /** The edit as it is meant on the film of now. */
  const rebased = (listingId: string, known: Film, revision: number, edit: Edit): Edit => {
    if (revision === known.revision) return edit;
    const steps = recent.get(listingId) ?? [];
    const from = steps.findIndex((step) => step.revision === revision);
    const over = from < 0 ? [] : steps.slice(from);
    const base = over[0]?.base;
    const whole = over.length === known.revision - revision && over.every((step, i) => step.revision === revision + i);
    if (base === undefined || !whole)
      throw new PicaividError('edit_refused', 'The film was changed meanwhile. Look at it again and repeat the edit.');
    return rebaseEdit(
      edit,
      over.map((step) => step.edit),
      base,
    );
  };

  const stepped = async (listingId: string, direction: 'undo' | 'redo'): Promise<EditAnswer | null> => {
    const before = await must(listingId);
    const step = await films.step(listingId, direction);
    if (step === null) return null;
    return told(listingId, step.film.revision === before.revision + 1 ? before.timeline : undefined, step);
  };

  return {
    timeline: document,
    buildTimeline: (listingId, settings) => builder.start(listingId, settingsChanges(settings)),
    proposeTimeline: async (listingId, settings) => {
      const proposal = await builder.propose(listingId, settingsChanges(settings));
      const known = await films.film(listingId);
      return known === undefined ? proposal : { ...proposal, timeline: carryOver(known.timeline, proposal.timeline) };
    },
    applyProposal: (listingId, proposalId, label) => {
      const { timeline, settings, sourceKey } = builder.proposal(listingId, proposalId);
      return edited(listingId, label, (known) => ({
        edit: replaceBy(carryOver(known.timeline, timeline)),
        facts: { settings, sourceKey },
      }));
    },
    editTimeline: async (listingId, revision, label, edit) => {
      // Others' steps may be stored, and not be known here yet.
      if ((await films.film(listingId))?.revision !== revision) await core.team.laid();
      const named = photosIn(edit);
      const source = named.size === 0 ? undefined : await builder.source(await mustListing(core, listingId));
      return edited(listingId, label, (known) => {
        const shown = new Set([
          ...known.timeline.clips.map((clip) => clip.photoId),
          ...(source?.analysis.photos.map((photo) => photo.id) ?? []),
        ]);
        if ([...named].some((id) => !shown.has(id)))
          throw new PicaividError('edit_refused', 'That photo is not in this listing (any more).');
        return { edit: rebased(listingId, known, revision, edit) };
      });
    },
    undoTimeline: (listingId) => stepped(listingId, 'undo'),
    redoTimeline: (listingId) => stepped(listingId, 'redo'),
    timelineHistory: async (listingId): Promise<readonly HistoryEntry[]> => {
      await mustListing(core, listingId);
      return films.history(listingId, HISTORY_LENGTH);
    },
    setTimelineStatus: async (listingId, status) => {
      await must(listingId);
      const { revision } = await films.setStatus(listingId, status);
      recent.delete(listingId);
      core.bus.emit({ type: 'timeline', listingId, revision });
      return document(listingId);
    },
    timelineVersions: async (listingId) => {
      await mustListing(core, listingId);
      return films.versions(listingId);
    },
    saveVersion: async (listingId, name) => {
      await must(listingId);
      return films.saveVersion(listingId, name);
    },
    renameVersion: (listingId, versionId, name) => films.renameVersion(listingId, versionId, name),
    version: async (listingId, versionId) => (await films.version(listingId, versionId)).timeline,
    restoreVersion: async (listingId, versionId) => {
      const { timeline, settings, sourceKey } = await films.version(listingId, versionId);
      const { name } = (await films.versions(listingId)).find(({ id }) => id === versionId) ?? { name: '' };
      return edited(listingId, `Restore ${name}`, (known) => ({
        edit: filmAs(known.timeline, timeline),
        facts: { settings, sourceKey },
      }));
    },
    importTimeline: async (listingId, otio) => {
      const known = await must(listingId);
      const source = await builder.source(await mustListing(core, listingId));
      const shots = new Map(
        source?.analysis.clusters.flatMap(({ shots: all }) => all.map((shot) => [shot.photoId, shot])),
      );
      const read = fromOtio(otio, { photos: source?.analysis.photos ?? [], shots, base: known.timeline, newId });
      const timeline = ownIds(read.timeline, known.timeline);
      const answer = await edited(listingId, 'Import a timeline', (now) => ({ edit: filmAs(now.timeline, timeline) }));
      return { ...answer, notes: read.notes };
    },
    mustFilm: must,
    follow: async (listingId, before) => {
      const after = await films.film(listingId);
      if (after === undefined || after.timeline.id !== before.timeline.id || after.revision !== before.revision + 1)
        return;
      const edit = patchBetween(before.timeline, after.timeline);
      const steps = recent.get(listingId) ?? [];
      const step = { revision: before.revision, edit, base: before.timeline };
      recent.set(listingId, [...steps, step].slice(-RECENT_STEPS));
    },
  };
}

/** Another film whole, markers with it. */
function filmAs(current: Timeline, wanted: Timeline): Edit {
  const wantedIds = new Set(wanted.markers.map((marker) => marker.id));
  return {
    type: 'batch',
    edits: [
      replaceBy(wanted),
      ...current.markers
        .filter((marker) => !wantedIds.has(marker.id))
        .map((marker) => ({ type: 'removeMarker' as const, markerId: marker.id })),
      ...wanted.markers.map((marker) => ({ type: 'setMarker' as const, marker: { ...marker } })),
    ],
  };
}

/** Clips of another program's file, or of another film, get ids of this one. */
function ownIds(imported: Timeline, current: Timeline): Timeline {
  const own = new Set(current.clips.map((clip) => clip.id));
  return { ...imported, clips: imported.clips.map((clip) => (own.has(clip.id) ? clip : { ...clip, id: newId() })) };
}

/** Ids of the photos that an edit would show, wherever in it they stand. */
function photosIn(edit: unknown): Set<string> {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'photoId' && typeof inner === 'string') found.add(inner);
      // Photos that a film leaves out are only spoken of.
      else if (name !== 'leftOut') look(inner);
    }
  };
  look(edit);
  return found;
}
