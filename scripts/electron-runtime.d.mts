export interface FoundElectron {
  readonly path: string;
  /** `unknown` when the folder does not say. */
  readonly version: string;
  readonly dist: string;
}
export interface NoElectron {
  readonly path: undefined;
  /** A sentence a person can act on. */
  readonly reason: string;
}
export function findElectron(
  root: string,
  options?: { readonly quiet?: boolean; readonly fetch?: boolean },
): Promise<FoundElectron | NoElectron>;
