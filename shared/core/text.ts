/** A text of at most so many characters: what is left out is said, and no character is cut in two. */
export function clipped(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text
    .slice(0, longest)
    .toWellFormed()
    .replace(/\uFFFD$/, "")}… (${text.length} characters)`;
}
