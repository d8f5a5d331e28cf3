/** What the panels ask of the host beside the film itself. Each throws an Error whose message is a sentence. */
import { PicaividError } from '../../../../base/errors.ts';
import type { HistoryEntry, TaskView } from '../../../../main/host/contract.ts';
import type { FilmSettings, MusicRow, VersionRow } from '../../../../main/host/timeline-contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { api, asked, errorDataOf, errorOf } from '../../../api.ts';

/** Sends a file's bytes; what the host answers, as JSON. */
async function send(address: string, file: File): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(address, { method: 'POST', body: file });
  } catch (error) {
    const { code, message } = errorOf(error);
    throw new PicaividError(code, message);
  }
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body;
  const refused = errorDataOf(body) ?? errorDataOf(fieldOf(body, 'error'));
  throw new PicaividError(
    refused?.code ?? 'internal',
    refused?.message ?? `${file.name} was not taken (the studio answered ${answer.status}).`,
  );
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** The new piece, or the one that is there already; it may still be listened to. */
export async function sendMusic(file: File): Promise<MusicRow> {
  const row = await send(`/api/music?name=${encodeURIComponent(file.name)}`, file);
  if (typeof fieldOf(row, 'id') !== 'string')
    throw new PicaividError('internal', `${file.name} was not taken: the studio's answer was not understood.`);
  return row as MusicRow; // the studio's own answer, as its contract says
}

/** The id of the logo. */
export async function sendLogo(file: File): Promise<string> {
  const id = fieldOf(await send('/api/logo', file), 'id');
  if (typeof id !== 'string')
    throw new PicaividError('internal', `${file.name} was not taken: the studio's answer was not understood.`);
  return id;
}

export const listMusic = (): Promise<readonly MusicRow[]> => asked(api.music.list.query());
export const addMusicPaths = (paths: readonly string[]): Promise<readonly MusicRow[]> =>
  asked(api.music.add.mutate({ paths: [...paths] }));
export const removeMusic = (id: string): Promise<void> => asked(api.music.remove.mutate({ id }));

export const buildFilm = (id: string, settings: Partial<FilmSettings> = {}): Promise<TaskView> =>
  asked(api.timeline.build.mutate({ id, settings }));
export const historyOf = (id: string): Promise<readonly HistoryEntry[]> => asked(api.timeline.history.query({ id }));
export const versionsOf = (id: string): Promise<readonly VersionRow[]> => asked(api.timeline.versions.query({ id }));
export const saveVersion = (id: string, name: string): Promise<VersionRow> =>
  asked(api.timeline.saveVersion.mutate({ id, name }));
export const renameVersion = (id: string, versionId: string, name: string): Promise<VersionRow> =>
  asked(api.timeline.renameVersion.mutate({ id, versionId, name }));
export const versionOf = (id: string, versionId: string): Promise<Timeline> =>
  asked(api.timeline.version.query({ id, versionId }));
