/** Whether Mod is the Command key. Read once: a page does not change its system. */
export const isMac: boolean =
  typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform || navigator.userAgent);
