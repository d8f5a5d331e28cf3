/** Review of a film's clips: what a reviewer sees, decisions that sign one take, notes on its frames. */
import { PicaividError } from '../../base/errors.ts';
import { ReviewStore } from '../../db/studio/reviews.node.ts';
import { missingFrom } from '../../pipeline/review.ts';
import { verifyTakeFile } from '../take-files.node.ts';
import { cardOf, mustListing } from './listings.node.ts';
import { allowed, person } from './person.node.ts';
import type { RenderCore } from './renders.node.ts';
import type { ClipRender, NewDecision, Person, ReviewDocument, ReviewService, TakeView } from './review-contract.ts';
import { reviewClip, shownTake } from './reviews-look.ts';
import { jobSettler } from './reviews-settle.node.ts';

/** A film that is edited while somebody signs is looked at again this often. */
const MOST_LOOKS = 5;

/** What a reviewer of this listing sees. Notes and decisions of clips that left the film are kept, not shown. */
export async function reviewDocument({ film, renders }: RenderCore, listingId: string): Promise<ReviewDocument> {
  const { core, films } = film;
  const row = await mustListing(core, listingId);
  const known = await films.film(listingId);
  const clips = known === undefined ? [] : await renders.clips(listingId, known);
  const reviews = new ReviewStore(core.database);
  const notes = await reviews.notes(listingId);
  const decisions = await reviews.decisions(listingId);
  return {
    listing: await cardOf(core, row),
    filmRevision: known?.revision ?? 0,
    frameRate: known?.timeline.frameRate ?? { num: core.settings.OUTPUT_FPS, den: 1 },
    clips: clips.map((clip) => reviewClip(clip, notes, decisions)),
    person: await person(core),
  };
}

/** From here on the jobs of the host's listings follow their clips, until it closes. */
export function reviewMethods(parts: RenderCore): Pick<ReviewService, 'review' | 'decide' | 'addNote' | 'resolveNote'> {
  const { film, renders } = parts;
  const { core } = film;
  const reviews = new ReviewStore(core.database);
  const settler = jobSettler(parts);
  void settler.follow();

  const review = (listingId: string): Promise<ReviewDocument> => reviewDocument(parts, listingId);

  const mustClip = async (listingId: string, clipId: string): Promise<ClipRender> => {
    const clip = (await renders.clips(listingId)).find((one) => one.clipId === clipId);
    if (clip === undefined) throw new PicaividError('clip_missing', 'This clip is not in the film any more.');
    return clip;
  };

  /** Told to the pages, then the job follows, so that the answer shows where it stands. */
  const told = async (listingId: string): Promise<ReviewDocument> => {
    core.bus.emit({ type: 'review', listingId });
    await settler.settle(listingId);
    return review(listingId);
  };

  const openNotes = async (listingId: string, { clipId, specHash }: NewDecision): Promise<number> =>
    (await reviews.notes(listingId)).filter(
      (note) => note.clipId === clipId && note.specHash === specHash && note.resolved === null,
    ).length;

  /** The take that was looked at is the one that the film shows, and an approved one is whole, every byte of it. */
  const mustBeSignable = async (clip: ClipRender, listingId: string, decision: NewDecision): Promise<void> => {
    const { specHash, state } = decision;
    const shown = shownTake(clip);
    if (shown?.specHash !== specHash) throw outdated(clip, specHash, shown);
    if (state !== 'approved') return;
    const take = (await renders.currentTakes(listingId)).get(clip.clipId);
    if (take !== undefined) await core.team.bringTake(await mustListing(core, listingId), take);
    const file = take?.specHash === specHash ? await verifyTakeFile(take.file) : 'missing';
    if (file === 'present') return;
    const what = file === 'missing' ? 'is not on the disk any more' : 'is not the one that was rendered';
    throw new PicaividError(
      'clip_invalid',
      `The file of this take ${what}. Render ${named(clip)} again, then look at it.`,
    );
  };

  return {
    review,
    decide: async (listingId, decision) => {
      const reviewer = signing(await allowed(core, 'sign clips'));
      const lacks = missingFrom(decision, await openNotes(listingId, decision));
      if (lacks !== undefined) throw new PicaividError('bad_usage', lacks);
      // An approval has no reason; a page may send the one that was chosen before.
      const reason = decision.state === 'approved' ? null : decision.reason;
      for (let look = 1; ; look++) {
        const seen = await reviews.situation(listingId, decision.clipId);
        await mustBeSignable(await mustClip(listingId, decision.clipId), listingId, decision);
        if (await reviews.decide(listingId, { ...decision, reason, reviewer }, seen)) break;
        if (look === MOST_LOOKS)
          throw new PicaividError('take_outdated', 'The film is being changed right now. Look again, then decide.');
      }
      return told(listingId);
    },
    addNote: async (listingId, note) => {
      const author = await allowed(core, 'write review notes');
      const clip = await mustClip(listingId, note.clipId);
      const take = clip.takes.find(({ specHash }) => specHash === note.specHash);
      if (take === undefined)
        throw new PicaividError('file_not_found', 'The take that this note is about is not there (any more).');
      if (note.inFrame > note.outFrame || note.outFrame >= take.frames)
        throw new PicaividError(
          'bad_usage',
          `A note is about frames 0 to ${take.frames - 1} of this take, the first before the last.`,
        );
      if (note.text === '' && note.marks.length === 0)
        throw new PicaividError('bad_usage', 'Write something, or draw on the frame.');
      await reviews.addNote(listingId, { ...note, author });
      return told(listingId);
    },
    resolveNote: async (listingId, noteId) => {
      const person = await allowed(core, 'write review notes');
      await reviews.resolve(listingId, noteId, person);
      return told(listingId);
    },
  };
}

function signing(person: Person): Person {
  if (person.name !== '') return person;
  throw new PicaividError(
    'bad_usage',
    'Say your name in Settings first: a decision carries the name of who signed it.',
  );
}

function outdated(clip: ClipRender, specHash: string, shown: TakeView | undefined): PicaividError {
  const looked = clip.takes.find((take) => take.specHash === specHash);
  const which = looked === undefined ? 'The take that was looked at' : `Take ${looked.number}`;
  const sentence =
    shown === undefined
      ? `The film now asks for other frames of ${named(clip)}. Render the clip, then look at it.`
      : `${which} of ${named(clip)} is not the one in the film any more: take ${shown.number} is. Look at that one.`;
  return new PicaividError('take_outdated', sentence);
}

const named = ({ room, index }: ClipRender): string =>
  room === '' ? `clip ${index + 1}` : `${room}, clip ${index + 1}`;
