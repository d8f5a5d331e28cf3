/** How well the film is drawn, in words. Pure. */

export interface Quality {
  /** Share of the full resolution, 0..1. */
  readonly scale: number;
  readonly dropped: number;
  /** Photos that are not there yet. */
  readonly waiting: boolean;
}

/** `live · exact` while every frame is drawn whole; else what gives way, in words. */
export function qualityWords({ scale, dropped, waiting }: Quality): {
  readonly text: string;
  readonly exact: boolean;
  readonly about: string;
} {
  const left =
    dropped === 0 ? '' : ` ${dropped} ${dropped === 1 ? 'frame was' : 'frames were'} left out to keep in time.`;
  if (waiting) return { text: 'live · loading', exact: false, about: `Waiting for photos or depth.${left}` };
  if (scale < 1)
    return {
      text: `live · ${Math.round(scale * 100)} %`,
      exact: false,
      about: `Drawn at ${Math.round(scale * 100)} % of the resolution to keep in time with the music.${left}`,
    };
  return { text: 'live · exact', exact: true, about: `What you see is what will be delivered.${left}` };
}
