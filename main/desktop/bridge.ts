/**
 * What a page of the studio can ask of the desktop shell: `window.studio`, undefined in a browser. Everything else goes
 * through the host. Pure: pages take the types from here.
 */

/** The host as the shell sees it. `failed`: it stopped five times within a minute and waits for a person. */
export type HostState =
  | { readonly state: 'starting' }
  | { readonly state: 'ready' }
  | { readonly state: 'restarting'; readonly inMs: number }
  | { readonly state: 'failed'; readonly reason: string };

/** Something from outside that the studio was asked to open: a deep link, or folders given to a second start. */
export type OpenRequest =
  | { readonly kind: 'listing'; readonly id: string }
  | { readonly kind: 'folders'; readonly paths: readonly string[] };

export interface SaveAsOptions {
  /** The file's name that is offered; any folder in it is ignored. */
  readonly name: string;
  /** The kind of file, for the dialog's filter. */
  readonly kind: 'film' | 'archive' | 'timeline' | 'text';
}

export type Unsubscribe = () => void;

export interface StudioBridge {
  readonly appVersion: string;
  readonly platform: 'darwin' | 'win32' | 'linux';
  /** Paths of the folders a person chose; empty when they turned back. */
  chooseFolders(): Promise<readonly string[]>;
  /** The path of the music a person chose, or null. */
  chooseMusic(): Promise<string | null>;
  /** Where to write a file, or null. */
  saveAs(options: SaveAsOptions): Promise<string | null>;
  /** Shows a listing's folder in the file manager. The host gives the path: a page never does. False: it is not there. */
  reveal(listingId: string): Promise<boolean>;
  /** Shows the folder of a delivery, likewise. */
  revealDelivery(listingId: string, deliveryId: string): Promise<boolean>;
  /** Paths of dropped files and folders; '' for what has none. */
  pathsOf(files: readonly File[]): readonly string[];
  /** A menu entry was chosen: its id of the key table. */
  onMenuCommand(listener: (id: string) => void): Unsubscribe;
  /** Called at once with the present state, then at every change. */
  onHostState(listener: (state: HostState) => void): Unsubscribe;
  /** What was asked for before a page listened is delivered when it does. */
  onOpen(listener: (request: OpenRequest) => void): Unsubscribe;
  restartHost(): Promise<void>;
  /** Shows a notification of the system, if the window is in the background. */
  notify(title: string, body: string): Promise<void>;
  /** How many things want attention, on the app's icon; 0 takes it away. */
  setBadge(count: number): Promise<void>;
  /** Puts versions, state and the host's last lines, without secrets, on the clipboard. */
  copyDiagnostics(): Promise<void>;
  quit(): Promise<void>;
}

/** Names of the messages between preload and main. */
export const CHANNEL = {
  chooseFolders: 'studio:choose-folders',
  chooseMusic: 'studio:choose-music',
  saveAs: 'studio:save-as',
  reveal: 'studio:reveal',
  revealDelivery: 'studio:reveal-delivery',
  restartHost: 'studio:restart-host',
  notify: 'studio:notify',
  setBadge: 'studio:set-badge',
  copyDiagnostics: 'studio:copy-diagnostics',
  quit: 'studio:quit',
  /** Asks main to say the host's state and what waits to be opened. */
  hello: 'studio:hello',
  menuCommand: 'menu-command',
  hostState: 'host-state',
  open: 'open',
} as const;

declare global {
  interface Window {
    readonly studio?: StudioBridge;
  }
}
