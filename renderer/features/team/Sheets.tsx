/** What opens over any screen: conflicts and the fleet. Loaded when it is first asked for. */
import { openSheet, useTeam } from '../../stores/team.ts';
import { Conflicts } from './Conflicts.tsx';
import { Fleet } from './Fleet.tsx';

export function Sheets() {
  const sheet = useTeam((state) => state.sheet);
  const close = (): void => openSheet(null);
  return (
    <>
      <Conflicts open={sheet === 'conflicts'} onClose={close} />
      <Fleet open={sheet === 'fleet'} onClose={close} />
    </>
  );
}
