// What the shell says to a page is kept where the tests find it.
globalThis.heard = { commands: [], states: [], opens: [] };
if (globalThis.studio) {
  globalThis.studio.onMenuCommand((id) => globalThis.heard.commands.push(id));
  globalThis.studio.onHostState((state) => globalThis.heard.states.push(state.state));
  globalThis.studio.onOpen((request) => globalThis.heard.opens.push(request));
}
document.documentElement.dataset.module = 'ran';
try {
  // biome-ignore lint/security/noGlobalEval: that it is refused is what is tested
  globalThis.eval('document.documentElement.dataset.evaluated = "ran"');
} catch {
  document.documentElement.dataset.evaluated = 'refused';
}
