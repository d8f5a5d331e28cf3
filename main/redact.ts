/** Secrets leave no trace in logs, diagnostics and messages. Pure, so that the window's shell uses it too. */

/** Blanks credentials inside URLs, such as `postgres://user:password@host` and the query parameters of presigned links. */
export function redactText(text: string): string {
  return text
    .replace(/(\w+:\/\/[^\s/:@]*):[^\s@/]+@/g, '$1:***@')
    .replace(/((?:X-Amz-(?:Signature|Credential|Security-Token)|token|key|sig)=)[^&\s"]+/gi, '$1***')
    .replace(/(Bearer\s+)[\w.~+/-]+=*/gi, '$1***');
}
