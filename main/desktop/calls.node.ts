/** Answers what the preload asks for. Every call's sender is checked, every argument is read with a schema. */
import { request as httpRequest } from 'node:http';
import { basename } from 'node:path';
import {
  app,
  type BrowserWindow,
  clipboard,
  dialog,
  type FileFilter,
  type IpcMainInvokeEvent,
  ipcMain,
  Notification,
  shell,
} from 'electron';
import { z } from 'zod';
import { CHANNEL, type SaveAsOptions } from './bridge.ts';
import type { HostProcess } from './host-process.node.ts';
import { isOwnSender } from './security.node.ts';

export interface Calls {
  readonly host: HostProcess;
  window(): BrowserWindow | undefined;
  /** A page listens now: it is told what it missed. */
  hello(about: 'host-state' | 'open'): void;
}

const text = (limit: number) => z.string().min(1).max(limit);
const saveAsSchema = z.object({ name: text(255), kind: z.enum(['film', 'archive', 'timeline', 'text']) });
const FILTERS: Readonly<Record<SaveAsOptions['kind'], FileFilter>> = {
  film: { name: 'Film', extensions: ['mp4'] },
  archive: { name: 'Archive', extensions: ['zip'] },
  timeline: { name: 'Timeline', extensions: ['otio'] },
  text: { name: 'Text', extensions: ['txt', 'log', 'json'] },
};
const MUSIC: FileFilter = {
  name: 'Music',
  extensions: ['wav', 'mp3', 'flac', 'm4a', 'aac', 'ogg', 'opus', 'aif', 'aiff'],
};

/** Registers all of them, once. */
export function answerCalls(calls: Calls): void {
  const { host } = calls;
  const handle = (channel: string, answer: (...args: unknown[]) => unknown): void => {
    ipcMain.handle(channel, (event: IpcMainInvokeEvent, ...args: unknown[]) => {
      if (!isOwnSender(event)) throw new Error('Only the studio’s own pages may ask this.');
      return answer(...args);
    });
  };

  handle(CHANNEL.chooseFolders, async () => {
    const window = calls.window();
    if (window === undefined) return [];
    const chosen = await dialog.showOpenDialog(window, {
      title: 'Choose listing folders',
      buttonLabel: 'Add',
      properties: ['openDirectory', 'multiSelections'],
    });
    return chosen.filePaths;
  });
  handle(CHANNEL.chooseMusic, async () => {
    const window = calls.window();
    if (window === undefined) return null;
    const chosen = await dialog.showOpenDialog(window, {
      title: 'Choose music',
      properties: ['openFile'],
      filters: [MUSIC],
    });
    return chosen.filePaths[0] ?? null;
  });
  handle(CHANNEL.saveAs, async (given) => {
    const options = saveAsSchema.parse(given);
    const window = calls.window();
    if (window === undefined) return null;
    const chosen = await dialog.showSaveDialog(window, {
      defaultPath: basename(options.name),
      filters: [FILTERS[options.kind]],
      properties: ['showOverwriteConfirmation', 'createDirectory'],
    });
    return chosen.canceled || chosen.filePath === '' ? null : chosen.filePath;
  });
  const reveal = async (asked: Readonly<Record<string, string>>): Promise<boolean> => {
    const path = await folderOf(host, asked);
    if (path !== undefined) shell.showItemInFolder(path);
    return path !== undefined;
  };
  handle(CHANNEL.reveal, (listing) => reveal({ listing: text(80).parse(listing) }));
  handle(CHANNEL.revealDelivery, (listing, delivery) =>
    reveal({ listing: text(80).parse(listing), delivery: text(80).parse(delivery) }),
  );
  handle(CHANNEL.restartHost, () => host.restart());
  handle(CHANNEL.notify, (title, body) => {
    const window = calls.window();
    if (window === undefined || window.isFocused() || !Notification.isSupported()) return;
    const notification = new Notification({ title: text(120).parse(title), body: z.string().max(400).parse(body) });
    notification.on('click', () => {
      window.show();
      window.focus();
    });
    notification.show();
  });
  handle(CHANNEL.setBadge, (count) => {
    app.setBadgeCount(z.number().int().min(0).max(9_999).parse(count));
  });
  handle(CHANNEL.copyDiagnostics, () => clipboard.writeText(diagnostics(host)));
  handle(CHANNEL.quit, () => app.quit());
  handle(CHANNEL.hello, (about) => calls.hello(z.enum(['host-state', 'open']).parse(about)));
}

/** The folder behind the id of a listing or delivery: the host vouches for it, so that a page cannot name one. */
async function folderOf(host: HostProcess, asked: Readonly<Record<string, string>>): Promise<string | undefined> {
  const socketPath = await host.whenReady();
  if (socketPath === undefined) return undefined;
  const path = `/api/reveal-path?${new URLSearchParams(asked)}`;
  const answer = await new Promise<string>((done) => {
    const asked = httpRequest({ socketPath, path, headers: { host: 'localhost' }, timeout: 10_000 }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part: string) => {
        body += part;
      });
      incoming.once('close', () => done(incoming.statusCode === 200 ? body : ''));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => done(''));
    asked.end();
  });
  try {
    return z.object({ path: z.string().min(1) }).parse(JSON.parse(answer)).path;
  } catch {
    return undefined;
  }
}

/** What support needs, without secrets: versions, the host's state, its last lines. */
export function diagnostics(host: Pick<HostProcess, 'state' | 'lastLines'>): string {
  const { electron = '', chrome = '', node = '' } = process.versions;
  return [
    `Picaivid Studio ${app.getVersion()}`,
    `Electron ${electron}, Chromium ${chrome}, Node ${node}`,
    `${process.platform} ${process.arch}, ${process.getSystemVersion()}`,
    `Engine: ${JSON.stringify(host.state)}`,
    '',
    ...host.lastLines(),
    '',
  ].join('\n');
}
