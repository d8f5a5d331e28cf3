/** Single frames that the host decoded, as PNG: exact like those decoded here, and slower. */
import { PicaividError } from '../../base/errors.ts';
import type { FrameFeed } from './clip-frames.ts';
import type { PagePicture } from './proxy-feed.ts';

/** The host starts a program for each: what lies next, and no more. */
const AHEAD = 2;

/** `decode` errors: `host_unreachable`, `clip_missing`, `clip_invalid`, `cancelled`. */
export function hostFeed(frameUrl: (frame: number) => string): FrameFeed<PagePicture> {
  return {
    table: null,
    ahead: AHEAD,
    async decode(index, signal) {
      const response = await fetch(frameUrl(index), { signal }).catch((error: unknown) => {
        if (signal.aborted) throw new PicaividError('cancelled', 'Another frame was asked for.', { cause: error });
        throw new PicaividError('host_unreachable', 'The studio does not answer. Start it again.', { cause: error });
      });
      if (response.status === 404 || response.status === 410)
        throw new PicaividError('clip_missing', 'The clip of this take is not there (any more). Render it again.');
      if (!response.ok)
        throw new PicaividError('clip_invalid', `Frame ${index} could not be decoded. Render this clip again.`);
      const picture = await createImageBitmap(await response.blob());
      const { width, height } = picture;
      return { picture, width, height, bytes: width * height * 4, close: () => picture.close() };
    },
    close: () => {},
  };
}
