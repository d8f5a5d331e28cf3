// The page that is shown when the host cannot run. The shell goes back to the studio by itself once it can.
const { studio } = window;
const find = (id) => document.getElementById(id);

studio.onHostState((state) => {
  if (state.state === 'failed') find('reason').textContent = state.reason;
  find('again').disabled = state.state !== 'failed';
  if (state.state !== 'failed') find('said').textContent = 'Starting …';
  else if (find('said').textContent === 'Starting …') find('said').textContent = 'It stopped again.';
});
find('again').addEventListener('click', () => studio.restartHost());
find('quit').addEventListener('click', () => studio.quit());
find('copy').addEventListener('click', async () => {
  await studio.copyDiagnostics();
  find('said').textContent = 'Copied. Paste it into a message to support.';
});
find('again').focus();
