/** Memory of the browser that a bench started, where the system tells it. */
import { readdir, readFile } from 'node:fs/promises';

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly command: string;
  readonly bytes: number;
}

async function processes(): Promise<Process[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    ids.map(async (id) => {
      try {
        const status = await readFile(`/proc/${id}/status`, 'utf8');
        const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
        const command = await readFile(`/proc/${id}/cmdline`, 'utf8');
        return { id: Number(id), parent: field('PPid'), command, bytes: field('RssAnon') * 1024 };
      } catch {
        // Ended meanwhile.
        return undefined;
      }
    }),
  );
  return all.filter((one) => one !== undefined);
}

/**
 * Bytes that the largest page process below this one holds for itself, without what it shares with the process that
 * draws (a software compositor keeps 125 canvases there, whatever a page does); undefined where there is no /proc.
 */
export async function rendererBytes(): Promise<number | undefined> {
  const all = await processes();
  const parents = new Map(all.map(({ id, parent }) => [id, parent]));
  const isOurs = (id: number): boolean => {
    for (let at = id, steps = 0; at > 1 && steps < 20; at = parents.get(at) ?? 0, steps++)
      if (at === process.pid) return true;
    return false;
  };
  const sizes = all
    .filter(({ id, command }) => command.includes('--type=renderer') && isOurs(id))
    .map(({ bytes }) => bytes);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}
