/** The film's music: pieces of the studio and a person's own, with what was heard in them. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type {} from '../../../../main/desktop/bridge.ts'; // window.studio
import type { MusicRow } from '../../../../main/host/timeline-contract.ts';
import { Check, ChevronDown, CircleAlert, LoaderCircle, Plus, Trash2 } from '../../../ui/icons.ts';
import { Button, cx, IconButton, Popover } from '../../../ui/index.ts';
import { addMusicPaths, removeMusic, sendMusic } from './host.ts';
import { refreshMusic, useMusic } from './music.ts';
import { musicFacts } from './music-words.ts';
import styles from './Panels.module.css';
import { Refused, Section } from './parts.tsx';

export function MusicChooser({
  musicId,
  locked,
  onChoose,
}: {
  readonly musicId: string | null;
  readonly locked: boolean;
  readonly onChoose: (id: string | null) => void;
}) {
  const { rows, error } = useMusic();
  const [open, setOpen] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const [sending, setSending] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const upload = useRef<HTMLInputElement>(null);
  const current = rows?.find((row) => row.id === musicId) ?? null;

  const adding = async (name: string, add: () => Promise<readonly MusicRow[]>) => {
    setRefused(null);
    setSending(name);
    try {
      const [added] = await add();
      await refreshMusic();
      if (added !== undefined) onChoose(added.id);
    } catch (failure) {
      setRefused(failure instanceof Error ? failure.message : `${name} could not be added.`);
    } finally {
      setSending(null);
    }
  };
  const send = (file: File) => adding(file.name, async () => [await sendMusic(file)]);
  const choose = async () => {
    const { studio } = window;
    if (studio === undefined) {
      upload.current?.click();
      return;
    }
    const path = await studio.chooseMusic();
    if (path !== null) await adding(nameOf(path), () => addMusicPaths([path]));
  };
  const drop = async (files: readonly File[]) => {
    const [file] = files;
    if (file === undefined) return;
    const [path] = window.studio?.pathsOf([file]) ?? [];
    if (path !== undefined && path !== '') await adding(file.name, () => addMusicPaths([path]));
    else await send(file);
  };
  const remove = async (row: MusicRow) => {
    setRefused(null);
    try {
      await removeMusic(row.id);
      await refreshMusic();
    } catch (failure) {
      setRefused(failure instanceof Error ? failure.message : `${row.name} could not be removed.`);
    }
  };
  const pick = (id: string | null) => {
    setOpen(false);
    onChoose(id);
  };
  useFileDrop(locked, setOver, (files) => void drop(files));
  const missing = musicId !== null && rows !== null && current === null;
  return (
    <div className={cx(over && styles.drop)}>
      <Section title="Music">
        <Popover
          label="Choose music"
          open={open}
          onOpenChange={setOpen}
          trigger={
            <button
              type="button"
              className={styles.chooser}
              disabled={locked}
              aria-label={`Music: ${current?.name ?? (musicId === null ? 'none' : 'missing')}`}
            >
              <b title={current?.name}>{current?.name ?? (musicId === null ? 'No music' : 'Music is missing')}</b>
              <ChevronDown size={14} aria-hidden="true" />
              <small>
                {current === null
                  ? musicId === null
                    ? 'Silent, cut on an even grid'
                    : 'Choose another'
                  : musicFacts(current)}
              </small>
            </button>
          }
        >
          <ul className={styles.music} aria-label="Pieces of music">
            <li className={styles.pieceRow}>
              <Piece
                chosen={musicId === null}
                name="No music"
                facts="Silent, cut on an even grid"
                onPick={() => pick(null)}
              />
            </li>
            {(rows ?? []).map((row) => (
              <li key={row.id} className={styles.pieceRow}>
                <Piece
                  chosen={row.id === musicId}
                  name={row.name}
                  facts={musicFacts(row)}
                  about={row.licence}
                  state={row.state}
                  onPick={() => pick(row.id)}
                />
                {row.source === 'own' && row.id !== musicId && (
                  <IconButton
                    label={`Remove ${row.name}`}
                    icon={<Trash2 size={14} aria-hidden="true" />}
                    onClick={() => void remove(row)}
                  />
                )}
              </li>
            ))}
          </ul>
          <Button icon={<Plus size={14} aria-hidden="true" />} onClick={() => void choose()}>
            Add music
          </Button>
        </Popover>
        {missing && (
          <Refused>The film's music is not in the studio any more. The beats stay; choose another piece.</Refused>
        )}
        {sending !== null && (
          <p className={styles.note} role="status">
            Adding {sending}…
          </p>
        )}
        {(refused ?? error) !== null && <Refused>{refused ?? error}</Refused>}
        <input
          ref={upload}
          type="file"
          accept="audio/*,.mp3,.wav,.flac,.m4a,.ogg,.aac,.aiff"
          className={styles.file}
          tabIndex={-1}
          aria-label="Music file"
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file !== undefined) void send(file);
            event.target.value = '';
          }}
        />
      </Section>
    </div>
  );
}

/** A file may be dropped anywhere on the screen: there is nothing else that one could mean. */
function useFileDrop(
  locked: boolean,
  setOver: (over: boolean) => void,
  onDrop: (files: readonly File[]) => void,
): void {
  const latest = useRef(onDrop);
  useEffect(() => {
    latest.current = onDrop;
  });
  useEffect(() => {
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault(); // else the browser would leave the studio for the file
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = locked ? 'none' : 'copy';
      setOver(!locked);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      if (!locked) latest.current([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [locked, setOver]);
}

function Piece({
  chosen,
  name,
  facts,
  about = null,
  state = 'ready',
  onPick,
}: {
  readonly chosen: boolean;
  readonly name: string;
  readonly facts: string;
  /** Licence, or where it comes from. */
  readonly about?: string | null;
  readonly state?: MusicRow['state'];
  readonly onPick: () => void;
}) {
  let mark: ReactNode = <span />;
  if (chosen) mark = <Check size={14} aria-hidden="true" />;
  else if (state === 'listening') mark = <LoaderCircle size={14} aria-hidden="true" />;
  else if (state === 'failed') mark = <CircleAlert size={14} className={styles.attention} aria-hidden="true" />;
  return (
    <button type="button" aria-pressed={chosen} className={styles.piece} disabled={state !== 'ready'} onClick={onPick}>
      {mark}
      <b title={about === null ? name : `${name}. ${about}`}>{name}</b>
      <small>{facts}</small>
    </button>
  );
}

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
