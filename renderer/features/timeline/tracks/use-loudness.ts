/** The waveform's levels of a piece of music, fetched once. */
import { useEffect, useState } from 'react';
import { musicUrl } from '../../../../main/host/timeline-contract.ts';
import { decodePeaks, type Peaks, peaksAt } from '../../../../pipeline/media/peaks.ts';
import type { Loudness } from './scene.ts';

/** Between the peaks, which touch the ceiling everywhere in loud music, and the RMS, which is flat in quiet music. */
const PEAK_SHARE = 0.5;

/** Levels relative to the loudest moment of the piece: a quiet track fills its lane, too. */
export function loudnessOf(peaks: Peaks): Loudness {
  const level = (from: number, to: number): number => {
    const [low = 0, high = 0, rms = 0] = peaksAt(peaks, from, to, 1);
    return PEAK_SHARE * Math.max(-low, high) + (1 - PEAK_SHARE) * rms;
  };
  const coarse = peaks.levels.at(-1);
  const size = (coarse?.samplesPerBucket ?? peaks.sampleRate) / peaks.sampleRate;
  const loudest = Math.max(0.01, ...Array.from(coarse?.rms ?? [], (_, i) => level(i * size, (i + 1) * size)));
  return (from, to) => Math.min(1, level(from, to) / loudest);
}

/** Null without music and until they are there. */
export function useLoudness(musicId: string | null): Loudness | null {
  const [state, setState] = useState<{ readonly id: string; readonly loudness: Loudness } | null>(null);
  useEffect(() => {
    if (musicId === null) return;
    const stop = new AbortController();
    fetch(musicUrl(musicId, 'peaks'), { signal: stop.signal })
      .then(async (answer) => {
        if (!answer.ok) return;
        const loudness = loudnessOf(decodePeaks(new Uint8Array(await answer.arrayBuffer())));
        if (!stop.signal.aborted) setState({ id: musicId, loudness });
      })
      .catch(() => undefined); // without a waveform the beats still show; the music panel tells of a track in trouble
    return () => stop.abort();
  }, [musicId]);
  return state !== null && state.id === musicId ? state.loudness : null;
}
