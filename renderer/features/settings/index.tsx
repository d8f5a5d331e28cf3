import { Tabs } from 'radix-ui';
import type { ComponentType, ReactNode } from 'react';
import { useSettingsSection } from '../../stores/person-section.ts';
import { HardDrive, Keyboard, Layers, Palette, SlidersHorizontal, Stethoscope, User, Users } from '../../ui/icons.ts';
import { Appearance, Defaults } from './Choices.tsx';
import { Diagnostics } from './Diagnostics.tsx';
import { Keys } from './Keys.tsx';
import { Models } from './Models.tsx';
import styles from './Settings.module.css';
import { Storage } from './Storage.tsx';
import { Team } from './Team.tsx';
import { You } from './You.tsx';

const icon = { size: 16, 'aria-hidden': true } as const;

const SECTIONS: readonly {
  readonly name: string;
  readonly icon: ReactNode;
  readonly about: string;
  readonly Content: ComponentType;
}[] = [
  {
    name: 'You',
    icon: <User {...icon} />,
    about: 'Who reviews, signs and delivers here.',
    Content: You,
  },
  {
    name: 'Team',
    icon: <Users {...icon} />,
    about: 'Share listings with others, work on line or off, and render on the team’s machines.',
    Content: Team,
  },
  {
    name: 'Models',
    icon: <Layers {...icon} />,
    about: 'The networks that recognise rooms, measure depth and hear beats. They run on this machine.',
    Content: Models,
  },
  {
    name: 'Storage',
    icon: <HardDrive {...icon} />,
    about: 'What the studio keeps and where. Your photos stay in their own folders and are never changed.',
    Content: Storage,
  },
  {
    name: 'Defaults',
    icon: <SlidersHorizontal {...icon} />,
    about: 'What a new listing begins with. Each listing can be changed later.',
    Content: Defaults,
  },
  { name: 'Appearance', icon: <Palette {...icon} />, about: 'How the studio looks.', Content: Appearance },
  {
    name: 'Keys',
    icon: <Keyboard {...icon} />,
    about: 'Press a key beside an action to change it. Menus, buttons and the sheet of keys follow.',
    Content: Keys,
  },
  {
    name: 'Diagnostics',
    icon: <Stethoscope {...icon} />,
    about: 'For support, when something does not work as it should.',
    Content: Diagnostics,
  },
];

/** The settings. Everything is kept as it is changed. */
export function Screen() {
  const section = useSettingsSection((state) => state.section);
  const setSection = (next: string): void => useSettingsSection.setState({ section: next });
  return (
    <Tabs.Root className={styles.root} orientation="vertical" value={section} onValueChange={setSection}>
      <Tabs.List className={styles.nav} aria-label="Sections">
        {SECTIONS.map(({ name, icon }) => (
          <Tabs.Trigger key={name} value={name} className={styles.entry}>
            {icon}
            {name}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {SECTIONS.map(({ name, about, Content }) => (
        <Tabs.Content key={name} value={name} className={styles.page}>
          <div className={styles.column}>
            <h2 className={styles.title}>{name}</h2>
            <p className={styles.about}>{about}</p>
            <Content />
          </div>
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
