/**
 * A text that the container gets as it is: Kubernetes fills `$(NAME)` in, in commands and variables, and takes `$$` for a dollar.
 * A dollar that it would not touch stays as it is.
 */
export function literal(text: string): string {
  return text.replaceAll(/\$+(?=\()|\${2,}/g, (dollars) => dollars + dollars);
}
