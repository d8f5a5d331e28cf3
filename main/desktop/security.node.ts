/** What pages may not do: RELIABILITY.md, "Pages". Each refusal here has a test that tries it (e2e/desktop). */
import { app, type IpcMainInvokeEvent, type Session, type WebContents } from 'electron';

export const STUDIO_SCHEME = 'studio';
export const STUDIO_ORIGIN = 'studio://app';

/** Whether an address is one of the studio's own pages; anything else gets nothing. */
export function isStudioUrl(url: string): boolean {
  return url === STUDIO_ORIGIN || url.startsWith(`${STUDIO_ORIGIN}/`);
}

/** The two a studio needs: copying text, and a film over the whole screen. Everything else is refused. */
const PERMITTED: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'fullscreen']);
/** Addresses that stay inside this process. `devtools:` opens only while developing. */
const LOCAL = /^(studio|blob|data|devtools):/;

/** What the host gives out at these addresses is its own choice of four files. */
const EXPORT = new RegExp(`^${STUDIO_ORIGIN}/film/[^/?#]+/[a-z-]+[.][a-z]+$`);

/** Refuses permissions, devices, and every request that would leave the machine. */
export function guardSession(session: Session): void {
  const allowed = (permission: string, url: string): boolean => PERMITTED.has(permission) && isStudioUrl(url);
  session.setPermissionRequestHandler((contents, permission, answer) => answer(allowed(permission, contents.getURL())));
  session.setPermissionCheckHandler((_contents, permission, origin) => allowed(permission, origin.replace(/\/$/, '')));
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !LOCAL.test(details.url) }));
  session.on('will-download', (event, item) => {
    // What a film is exported as, the only files that leave this way; the system's dialog asks where to.
    if (!EXPORT.test(item.getURL())) event.preventDefault();
  });
}

/** Refuses navigation away, new windows and embedded pages, for every page that will ever be made. */
export function guardContents(): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event) => {
      if (!isStudioUrl(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isStudioUrl(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

/** Whether a message comes from the main frame of one of our own pages. */
export function isOwnSender(event: Pick<IpcMainInvokeEvent, 'senderFrame' | 'sender'>): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame === event.sender.mainFrame && isStudioUrl(frame.url);
}
