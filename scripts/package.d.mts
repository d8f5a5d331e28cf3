export interface PackageOptions {
  readonly root?: string;
  /** The Node that runs electron-builder and is shipped with the host. */
  readonly node?: string;
  /** Where the app is put; default dist/release. */
  readonly output?: string;
  /** Makes what is handed out, not only the unpacked app. */
  readonly installers?: boolean;
  readonly quiet?: boolean;
}
/** Packs the app; gives the folder of the unpacked one. */
export function packageApp(options?: PackageOptions): Promise<string>;
/** Prepares dist/package. */
export function preparePackage(
  root?: string,
  node?: string,
): Promise<{
  readonly app: string;
  readonly host: string;
  /** Folder of the app's icon in every size. */
  readonly icons: string;
  /** Which of ffmpeg and ffprobe the app has not of its own. */
  readonly missing: readonly ('ffmpeg' | 'ffprobe')[];
}>;
