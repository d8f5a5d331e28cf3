/** Ties the film player to a canvas, to the film on screen and to the playhead. */
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { toPicaividError } from '../../../../base/errors.ts';
import { mediaUrl } from '../../../../main/host/contract.ts';
import { musicUrl, type TimelineDocument } from '../../../../main/host/timeline-contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { type FilmPhoto, FilmPlayer, type FilmState } from '../../../preview/film/film-player.ts';
import { playhead } from '../../../stores/playhead.ts';
import { timelineHost } from '../host.ts';
import type { Quality } from './quality-words.ts';
import { titleUrl } from './title-url.ts';
import { connectFilm, useMoving } from './transport.ts';

export interface FilmInput {
  readonly document: TimelineDocument;
  /** The film itself, a proposal, or a version. */
  readonly timeline: Timeline;
  /** 0..1 */
  readonly volume: number;
  /** Both null: no loop. */
  readonly loopIn: number | null;
  readonly loopOut: number | null;
}

export interface FilmOutput {
  readonly quality: Quality;
  /** Something that could not be shown or heard, as a sentence. */
  readonly problem: string | null;
  /** The browser waits for a click before it lets the page sound. */
  readonly blocked: boolean;
}

const EXACT: Quality = { scale: 1, dropped: 0, waiting: false };
/** Photos come after a moment; only what is waited for longer is told, ms. */
const TELL_WAITING_AFTER = 400;

export function useFilm(canvas: RefObject<HTMLCanvasElement | null>, input: FilmInput): FilmOutput {
  const { document, timeline, volume, loopIn, loopOut } = input;
  const player = useRef<FilmPlayer | null>(null);
  const [state, setState] = useState<FilmState | null>(null);
  const [dropped, setDropped] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const listingId = document.listing.id;
  const photos = usePhotos(document);
  const gainDb = useGain(listingId, document.settings.musicId, JSON.stringify(document.timeline?.music ?? null));

  // The player owns the canvas' context, so it lives as long as the canvas does.
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    let film: FilmPlayer;
    try {
      film = new FilmPlayer({
        canvas: element,
        onState: (next) => {
          setState(next);
          setDropped(film.quality.dropped);
          useMoving.setState({ playing: next.playing, rate: next.rate });
        },
        onError: (error) => setProblem(error.message),
      });
    } catch (error) {
      setProblem(toPicaividError(error).message);
      return;
    }
    player.current = film;
    const stops = [
      film.subscribe((frame) => playhead.set(frame)),
      // Tracks and checks move the playhead themselves: the film follows.
      playhead.subscribe((frame) => {
        if (frame !== film.frame) film.seek(frame);
      }),
      connectFilm(film),
    ];
    return () => {
      for (const stop of stops) stop();
      player.current = null;
      film.dispose();
    };
  }, [canvas]);

  const music = document.music?.state === 'ready' ? document.music.id : null;
  useEffect(() => {
    setProblem(null);
    player.current?.setFilm({
      listingKey: listingId,
      timeline,
      photos,
      title: (card, width, height) => titleUrl(listingId, card, width, height),
      music: music === null || timeline.music === null ? null : { url: musicUrl(music, 'sound'), gainDb },
    });
  }, [listingId, timeline, photos, music, gainDb]);
  useEffect(() => {
    player.current?.setVolume(volume);
    player.current?.setMuted(volume === 0);
  }, [volume]);
  useEffect(() => {
    player.current?.setLoop(loopIn === null || loopOut === null ? null : { in: loopIn, out: loopOut });
  }, [loopIn, loopOut]);

  const waiting = useSettled(state?.waiting === true);
  const scale = state?.scale ?? 1;
  return {
    quality: useMemo(() => (state === null ? EXACT : { scale, dropped, waiting }), [state, scale, dropped, waiting]),
    problem,
    blocked: state?.sound === 'blocked' && state.playing,
  };
}

/** Every photo of the listing as the player takes it: the large proxy and its depth. */
function usePhotos(document: TimelineDocument): ReadonlyMap<string, FilmPhoto> {
  const { analysis, listing } = document;
  return useMemo(
    () =>
      new Map(
        (analysis?.photos ?? []).map((photo): [string, FilmPhoto] => [
          photo.id,
          {
            key: `${listing.id}/${photo.id}`,
            photo: mediaUrl(listing.id, photo.id, '2560'),
            depth: photo.depth === undefined ? null : mediaUrl(listing.id, photo.id, 'depth'),
            photoWidth: photo.width,
            photoHeight: photo.height,
            focus: photo.focus,
          },
        ]),
      ),
    [analysis, listing.id],
  );
}

/** The plain gain of the assembly for this music, dB; 0 until it was measured, or where it cannot be. */
function useGain(listingId: string, musicId: string | null, plan: string): number {
  const [gain, setGain] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: music laid otherwise is another mix, measured once by the host
  useEffect(() => {
    let over = false;
    if (musicId === null) return;
    timelineHost.mix(listingId).then(
      (facts) => !over && setGain(facts.silent ? 0 : facts.gainDb),
      () => undefined, // the film is heard without it, a little louder or softer
    );
    return () => {
      over = true;
    };
  }, [listingId, musicId, plan]);
  return musicId === null ? 0 : gain;
}

function useSettled(waiting: boolean): boolean {
  const [told, setTold] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setTold(false);
      return;
    }
    const timer = setTimeout(() => setTold(true), TELL_WAITING_AFTER);
    return () => clearTimeout(timer);
  }, [waiting]);
  return told;
}
