/** The programs that the studio takes from the app or the machine: said at the start where they are not there. */
import { ffmpegPath, ffprobePath } from '../../pipeline/media/ffmpeg.node.ts';

const INSTALL: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: '“sudo apt-get install ffmpeg” on Debian and Ubuntu',
  darwin: '“brew install ffmpeg”',
  win32: '“winget install ffmpeg”',
};

/** A sentence for a person who would otherwise learn it when music is added or a film is made; undefined when all is there. */
export function missingTools(platform: NodeJS.Platform = process.platform): string | undefined {
  const missing = Object.entries({ ffmpeg: ffmpegPath, ffprobe: ffprobePath }).flatMap(([name, find]) => {
    try {
      find();
      return [];
    } catch {
      return [name];
    }
  });
  if (missing.length === 0) return undefined;
  const how = INSTALL[platform];
  return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not on this machine: music cannot be read and films cannot be made. Photos and rooms work. Install ffmpeg${how === undefined ? '' : ` (${how})`}, then start the studio again.`;
}
