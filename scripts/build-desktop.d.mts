/** Bundles the shell; gives the folder to start Electron with. */
export function buildDesktop(root?: string): Promise<string>;
