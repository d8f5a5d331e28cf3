// Called by electron-builder on the packed app, before it is signed: sets the fuses in its binary.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses';

export const FUSES = {
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
};

export default async function afterPack(context) {
  const { packager, electronPlatformName, appOutDir } = context;
  const name = electronPlatformName === 'linux' ? packager.executableName : packager.appInfo.productFilename;
  const ending = { darwin: '.app', mas: '.app', win32: '.exe', linux: '' }[electronPlatformName] ?? '';
  // What starts any folder given to a stock Electron; a packed app has one app.
  if (electronPlatformName !== 'darwin') rmSync(join(appOutDir, 'resources', 'default_app.asar'), { force: true });
  const wire = await getCurrentFuseWire(join(appOutDir, name + ending));
  // A newer Electron may have more fuses than the library knows: those keep Electron's own setting, and are named.
  const unknown = Object.keys(wire).filter((key) => key !== 'version' && !(key in FUSES));
  if (unknown.length > 0)
    process.stderr.write(`This Electron has fuses that are not decided here: ${unknown.join(', ')}. Look them up.\n`);
  await packager.addElectronFuses(context, {
    version: FuseVersion.V1,
    strictlyRequireAllFuses: unknown.length === 0,
    resetAdHocDarwinSignature: electronPlatformName === 'darwin' && context.arch === 3,
    ...FUSES,
  });
}
