/** Decodes photos and makes them smaller: a page that resizes a decoded picture does it on its main thread. */
import type { PhotoReply, PhotoRequest } from './photo-decoder.ts';

async function decode({ picture, maxSide }: PhotoRequest): Promise<ImageBitmap> {
  const bitmap = await createImageBitmap(picture);
  const longest = Math.max(bitmap.width, bitmap.height);
  if (longest <= maxSide) return bitmap;
  const resizeWidth = Math.max(1, Math.floor((bitmap.width * maxSide) / longest));
  const resizeHeight = Math.max(1, Math.floor((bitmap.height * maxSide) / longest));
  const smaller = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: 'high' });
  bitmap.close();
  return smaller;
}

self.addEventListener('message', (event: MessageEvent<PhotoRequest>) => {
  const { id } = event.data;
  decode(event.data).then(
    (bitmap) => self.postMessage({ id, bitmap } satisfies PhotoReply, { transfer: [bitmap] }),
    () => self.postMessage({ id, bitmap: null } satisfies PhotoReply),
  );
});
