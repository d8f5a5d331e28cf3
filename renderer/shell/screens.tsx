/**
 * The screens by name. A feature is a folder `renderer/features/<name>/index.tsx` that exports `Screen`; it is loaded
 * when it is opened. A screen without a folder is not in the rail, the palette or the keys.
 */
import { type ComponentType, type LazyExoticComponent, lazy, type ReactNode } from 'react';
import type { CommandId, ScreenName } from '../keys/index.ts';
import { Clapperboard, House, LayoutGrid, PackageCheck, ScanEye, Settings, SlidersHorizontal } from '../ui/icons.ts';

/** What a feature's `index.tsx` exports. `listingId` is empty on screens that belong to no listing. */
export interface FeatureModule {
  readonly Screen: ComponentType<{ readonly listingId: string }>;
}

export interface ScreenEntry {
  readonly name: ScreenName;
  readonly label: string;
  readonly icon: ReactNode;
  readonly command: CommandId | null;
  /** Belongs to the open listing: there only while one is open. */
  readonly ofListing: boolean;
  readonly Screen: LazyExoticComponent<FeatureModule['Screen']>;
}

const FEATURES = import.meta.glob<FeatureModule>('../features/*/index.tsx');

function feature(name: string): LazyExoticComponent<FeatureModule['Screen']> | null {
  const load = FEATURES[`../features/${name}/index.tsx`];
  return load === undefined ? null : lazy(async () => ({ default: (await load()).Screen }));
}

/** Starts loading a screen's code. A failure shows when the screen is opened. */
export function preloadScreen(name: ScreenName): void {
  FEATURES[`../features/${name}/index.tsx`]?.().catch(() => undefined);
}

const PLANNED: readonly (Omit<ScreenEntry, 'Screen'> & { readonly Screen: ScreenEntry['Screen'] | null })[] = [
  {
    name: 'library',
    label: 'Library',
    icon: <House size={20} strokeWidth={1.6} aria-hidden="true" />,
    command: 'go.library',
    ofListing: false,
    Screen: feature('library'),
  },
  {
    name: 'rooms',
    label: 'Rooms',
    icon: <LayoutGrid size={20} strokeWidth={1.6} aria-hidden="true" />,
    command: 'go.rooms',
    ofListing: true,
    Screen: feature('rooms'),
  },
  {
    name: 'timeline',
    label: 'Timeline',
    icon: <SlidersHorizontal size={20} strokeWidth={1.6} aria-hidden="true" />,
    command: 'go.timeline',
    ofListing: true,
    Screen: feature('timeline'),
  },
  {
    name: 'renders',
    label: 'Renders',
    icon: <Clapperboard size={20} strokeWidth={1.6} aria-hidden="true" />,
    command: 'go.renders',
    ofListing: true,
    Screen: feature('renders'),
  },
  {
    name: 'review',
    label: 'Review',
    icon: <ScanEye size={20} strokeWidth={1.6} aria-hidden="true" />,
    command: 'go.review',
    ofListing: true,
    Screen: feature('review'),
  },
  {
    name: 'deliver',
    label: 'Deliver',
    icon: <PackageCheck size={20} strokeWidth={1.6} aria-hidden="true" />,
    command: 'go.deliver',
    ofListing: true,
    Screen: feature('deliver'),
  },
  {
    name: 'settings',
    label: 'Settings',
    icon: <Settings size={20} strokeWidth={1.6} aria-hidden="true" />,
    command: 'go.settings',
    ofListing: false,
    Screen: feature('settings'),
  },
  {
    name: 'gallery',
    label: 'Design system',
    icon: null,
    command: null,
    ofListing: false,
    Screen: lazy(async () => ({ default: (await import('../ui/gallery.tsx')).Gallery })),
  },
];

/** The screens that are there, in the order of the rail. */
export const SCREENS: readonly ScreenEntry[] = PLANNED.flatMap(({ Screen, ...entry }) =>
  Screen === null ? [] : [{ ...entry, Screen }],
);
