import { useState } from 'react';
import type { Preferences } from '../../../main/host/contract.ts';
import { changePreferences } from '../../stores/change-preferences.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { Segmented, Select, type SelectOption, Slider } from '../../ui/index.ts';
import styles from './Settings.module.css';

const TEMPLATES: readonly SelectOption<Preferences['defaultTemplate']>[] = [
  { value: 'classic', label: 'Classic' },
  { value: 'luxury', label: 'Luxury' },
  { value: 'energetic', label: 'Energetic' },
  { value: 'walkthrough', label: 'Walkthrough' },
  { value: 'social_vertical', label: 'Social, vertical' },
];

/** Template and length of a new film. */
export function Defaults() {
  const template = usePreferences((state) => state.defaultTemplate);
  const kept = usePreferences((state) => state.defaultLength);
  const [dragged, setDragged] = useState<number | null>(null);
  const length = dragged ?? kept;
  return (
    <div>
      <div className={styles.field}>
        <span>Template</span>
        <div>
          <Select
            label="Template of a new listing"
            value={template}
            options={TEMPLATES}
            onChange={(defaultTemplate) => void changePreferences({ defaultTemplate })}
          />
        </div>
      </div>
      <div className={styles.field}>
        <span>Length</span>
        <div className={styles.slider}>
          <Slider
            label="Length of a new film"
            value={length}
            min={15}
            max={120}
            step={5}
            valueText={(seconds) => `${seconds} seconds`}
            onChange={setDragged}
            onCommit={(defaultLength) => {
              setDragged(null);
              void changePreferences({ defaultLength });
            }}
          />
          <span>{length} s</span>
        </div>
      </div>
    </div>
  );
}

/** Theme and sizes. */
export function Appearance() {
  const theme = usePreferences((state) => state.theme);
  const size = usePreferences((state) => state.thumbnailSize);
  return (
    <div>
      <div className={styles.field}>
        <span>Theme</span>
        <div>
          <Segmented
            label="Theme"
            value={theme}
            onChange={(next) => void changePreferences({ theme: next })}
            options={[
              { value: 'system', label: "As the system's" },
              { value: 'dark', label: 'Dark' },
              { value: 'light', label: 'Light' },
            ]}
          />
        </div>
      </div>
      <div className={styles.field}>
        <span>Photos</span>
        <div>
          <Segmented
            label="Size of photos"
            value={size}
            onChange={(thumbnailSize) => void changePreferences({ thumbnailSize })}
            options={[
              { value: 'small', label: 'Small' },
              { value: 'medium', label: 'Medium' },
              { value: 'large', label: 'Large' },
            ]}
          />
        </div>
      </div>
    </div>
  );
}
