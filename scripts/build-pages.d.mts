/** Gives false, with the tool's own words on standard error, when the build fails. */
export function buildPages(root: string, node: string, options?: { readonly quiet?: boolean }): boolean;
