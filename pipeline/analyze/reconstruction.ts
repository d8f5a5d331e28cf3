/** What a sparse reconstruction of a room says, and what follows from it. Pure. */

export type Reconstruction =
  /** It ran to its end; `registered` may be 0, when the photos could not be joined. */
  | {
      readonly kind: 'done';
      readonly photos: number;
      readonly registered: number;
      /** Mean over the points; undefined without points. */
      readonly meanErrorPx: number | undefined;
      readonly points: number;
      /** In the units of the model, which has no scale. */
      readonly cameras: readonly { readonly photoId: string; readonly position: readonly [number, number, number] }[];
    }
  | { readonly kind: 'no_colmap'; readonly why: string }
  | { readonly kind: 'timed_out'; readonly limitSeconds: number }
  | { readonly kind: 'failed'; readonly why: string };

/** Share of a room's photos that must be joined, and the mean error that a model of 1280 px photos may have. */
export const MIN_REGISTERED_SHARE = 0.8;
export const MAX_MEAN_ERROR_PX = 2;

/** The room is known from several sides: the camera may go around things. Undefined: it was not tried. */
export function isReconstructed(result: Reconstruction | undefined): boolean {
  return (
    result?.kind === 'done' &&
    result.photos > 0 &&
    result.registered / result.photos >= MIN_REGISTERED_SHARE &&
    result.meanErrorPx !== undefined &&
    result.meanErrorPx <= MAX_MEAN_ERROR_PX
  );
}

/** For the cluster's debug metrics: `reconstruction` in words, and its figures when it ran to its end. */
export function reconstructionMetrics(result: Reconstruction | undefined): Readonly<Record<string, number | string>> {
  if (result === undefined) return { reconstruction: 'not run' };
  switch (result.kind) {
    case 'no_colmap':
      return { reconstruction: `no colmap${result.why === '' ? '' : `: ${result.why}`}` };
    case 'timed_out':
      return { reconstruction: `timed out after ${result.limitSeconds} s` };
    case 'failed':
      return { reconstruction: `failed: ${result.why}` };
    case 'done':
      return {
        reconstruction: `registered ${result.registered} of ${result.photos}`,
        reconstruction_registered_share: result.photos === 0 ? 0 : result.registered / result.photos,
        reconstruction_points: result.points,
        ...(result.meanErrorPx === undefined ? {} : { reconstruction_error_px: result.meanErrorPx }),
      };
  }
}
