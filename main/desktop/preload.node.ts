/**
 * What a page of the studio gets beyond the web: `window.studio`. Runs in the page's process, sandboxed and isolated;
 * it holds no state and decides nothing.
 */
import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import { CHANNEL, type HostState, type OpenRequest, type StudioBridge, type Unsubscribe } from './bridge.ts';

function listen<T>(channel: string, listener: (value: T) => void): Unsubscribe {
  // The event object must not reach the page: it leads to ipcRenderer.
  const handler = (_event: IpcRendererEvent, value: T): void => listener(value);
  ipcRenderer.on(channel, handler);
  return () => ipcRenderer.removeListener(channel, handler);
}

/** A word that main gave this page when it made it: `--studio-<name>=<value>`. */
function given(name: string): string {
  const prefix = `--studio-${name}=`;
  return process.argv.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? '';
}

const platform = process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';

const bridge: StudioBridge = {
  appVersion: given('version'),
  platform,
  chooseFolders: () => ipcRenderer.invoke(CHANNEL.chooseFolders),
  chooseMusic: () => ipcRenderer.invoke(CHANNEL.chooseMusic),
  saveAs: (options) => ipcRenderer.invoke(CHANNEL.saveAs, options),
  reveal: (listingId) => ipcRenderer.invoke(CHANNEL.reveal, listingId),
  revealDelivery: (listingId, deliveryId) => ipcRenderer.invoke(CHANNEL.revealDelivery, listingId, deliveryId),
  pathsOf: (files) => files.map((file) => webUtils.getPathForFile(file)),
  onMenuCommand: (listener) => listen<string>(CHANNEL.menuCommand, listener),
  onHostState: (listener) => {
    const off = listen<HostState>(CHANNEL.hostState, listener);
    void ipcRenderer.invoke(CHANNEL.hello, 'host-state');
    return off;
  },
  onOpen: (listener) => {
    const off = listen<OpenRequest>(CHANNEL.open, listener);
    void ipcRenderer.invoke(CHANNEL.hello, 'open');
    return off;
  },
  restartHost: () => ipcRenderer.invoke(CHANNEL.restartHost),
  notify: (title, body) => ipcRenderer.invoke(CHANNEL.notify, title, body),
  setBadge: (count) => ipcRenderer.invoke(CHANNEL.setBadge, count),
  copyDiagnostics: () => ipcRenderer.invoke(CHANNEL.copyDiagnostics),
  quit: () => ipcRenderer.invoke(CHANNEL.quit),
};

contextBridge.exposeInMainWorld('studio', bridge);
